import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { startProgram } from "./program.ts";

/** An S3 server in a process of its own, with one bucket. It verifies signatures. */
export interface TestS3 extends AsyncDisposable {
  /** The settings of a gateway that stores its pictures there. */
  env: Record<string, string>;
  /** The names of the objects, sorted. */
  objects(): string[];
  /** Deletes an object behind the gateway's back. */
  lose(name: string): void;
}

const BUCKET = "pictures";
/** The server's only access key, id and secret. */
const KEY = "S3RVER";
const FILE = "._S3rver_object";

export async function startTestS3(): Promise<TestS3> {
  const directory = mkdtempSync(join(tmpdir(), "tessera-s3-"));
  const port = await freePort();
  const module = createRequire(import.meta.url).resolve("@20minutes/s3rver/lib/cli.js");
  const start = `require(${JSON.stringify(module)}).parseAsync()`;
  const args = ["s3rver", "-d", directory, "-a", "127.0.0.1", "-p", port, "--configure-bucket", BUCKET];
  const program = startProgram(process.execPath, ["-e", start, ...args], {});
  await program.prints(/listening on/);
  const bucket = join(directory, BUCKET);
  return {
    env: {
      PICTURE_STORAGE: "s3",
      S3_ENDPOINT: `http://127.0.0.1:${port}`,
      S3_BUCKET: BUCKET,
      S3_ACCESS_KEY_ID: KEY,
      S3_SECRET_ACCESS_KEY: KEY,
      S3_PREFIX: "tessera/pictures/",
    },
    objects: () =>
      existsSync(bucket)
        ? readdirSync(bucket, { recursive: true, encoding: "utf8" })
            .flatMap((name) => (name.endsWith(FILE) ? name.slice(0, -FILE.length) : []))
            .sort()
        : [],
    lose: (name) => rmSync(join(bucket, `${name}${FILE}`)),
    async [Symbol.asyncDispose]() {
      program.child.kill("SIGKILL");
      await program.ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
