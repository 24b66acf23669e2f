import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { startContender } from "./contender.ts";
import { load } from "./load.ts";
import { ordersQuery, placeOrders } from "./queries.ts";
import { OPERATOR_TOKEN, type World } from "./world.ts";

/** The production build, as it rests and under the orders query. Memory is resident, in megabytes. */
export interface ProductionFigures {
  readySeconds: number;
  readyCpuMs: number;
  atRestMb: number;
  underOrdersMb: number;
}

const REST_MS = 30_000;
const REQUESTS = 1_500;

/** Builds `dist` into a directory of its own and starts the gateway of it, on the database of this benchmark. */
export async function measureProduction(world: World): Promise<ProductionFigures> {
  await placeOrders(world);
  const directory = await mkdtemp(join(tmpdir(), "tessera-build-"));
  try {
    const build = fileURLToPath(new URL("../scripts/build.ts", import.meta.url));
    await promisify(execFile)(process.execPath, [build, directory]);
    const program = pathToFileURL(join(directory, "bin/tessera.mjs")).href;
    const env = {
      ...world.env,
      NODE_ENV: "production",
      WEBHOOKS_TO_PRIVATE_ADDRESSES: "false", // production refuses it
      NODE_DISABLE_COMPILE_CACHE: "1", // as in production; a cache takes 20 MB of memory
      CLIENT_POINTS_AUTH: "basic",
      LOG_LEVEL: "warn",
    };
    const startedAt = performance.now();
    const gateway = await startContender(program, env, [], ["start"]);
    const readySeconds = (performance.now() - startedAt) / 1_000;
    const readyCpuMs = gateway.cpuSeconds() * 1_000;
    await delay(REST_MS);
    const atRestMb = gateway.residentMb();
    await load(gateway, { query: ordersQuery, tokens: [OPERATOR_TOKEN], requests: REQUESTS });
    const underOrdersMb = gateway.residentMb();
    await gateway.stop();
    return { readySeconds, readyCpuMs, atRestMb, underOrdersMb };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
