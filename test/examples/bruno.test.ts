import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { addRewards, example, newCustomer, run } from "./support.ts";

const bruno = fileURLToPath(new URL("node_modules/@usebruno/cli/bin/bru.js", import.meta.url));
const requests = globSync("*.bru", { cwd: example("bruno") });
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
  await addRewards(gateway);
});
afterAll(() => gateway[Symbol.asyncDispose]());

test("every request of the Bruno collection succeeds, with the environment of a running gateway", async () => {
  const { customerId, env } = newCustomer(gateway);
  const variables = { gateway: env.GATEWAY, sandbox: env.SANDBOX, customerId };
  const overrides = Object.entries(variables).flatMap(([name, value]) => ["--env-var", `${name}=${value}`]);
  const { code, output } = await run(process.execPath, [bruno, "run", "--env", "local", ...overrides], {
    cwd: example("bruno"),
    env,
  });
  expect(code, output).toBe(0);
  expect(output).toContain(`${requests.length} Passed`);
  expect(gateway.ledgerOf({ customerId })).toEqual([1_000, -100, -100]); // one order by GraphQL, one by REST
});
