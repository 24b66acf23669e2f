import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sign } from "../../src/platform/webhook-signature.ts";

const programs: Record<string, string> = {
  "verify.mjs": process.execPath,
  "verify.py": "python3",
  "verify.sh": "bash",
  "verify.pl": "perl",
};
const SECRET = "whsec_of-the-samples";
const BODY = Buffer.from('{"id":"1","name":"Kaffee für zwei 🌹"}\n');

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "samples-"));
  const document = await readFile(new URL("../../docs/webhooks.md", import.meta.url), "utf8");
  const samples = [...document.matchAll(/^```\w+ (verify\.\w+)\n([\s\S]*?)^```$/gm)];
  expect(samples.map(([, name]) => name).toSorted()).toEqual(Object.keys(programs).toSorted());
  for (const [, name = "", text = ""] of samples) await writeFile(join(directory, name), text);
});
afterAll(() => rm(directory, { recursive: true }));

/** @returns the exit code of the sample */
async function run(sample: string, signature: string, body: Buffer): Promise<number | null> {
  const child = spawn(programs[sample] ?? "", [join(directory, sample)], {
    env: { PATH: process.env["PATH"], SECRET, SIGNATURE: signature },
    stdio: ["pipe", "ignore", "pipe"],
  });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint += chunk;
  });
  child.stdin.on("error", () => {}); // a sample that refuses by the header alone does not read the body
  child.stdin.end(body);
  const [code] = (await once(child, "close")) as [number | null];
  expect(complaint).toBe("");
  return code;
}

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

describe.each(Object.keys(programs))("the sample %s", (sample) => {
  test("accepts the gateway's signatures, and no others", async () => {
    const genuine = sign(BODY, SECRET, minutesAgo(0));
    expect(await run(sample, genuine, BODY)).toBe(0);
    expect(await run(sample, sign(BODY, SECRET, minutesAgo(2)), BODY)).toBe(0);
    expect(await run(sample, sign(BODY, SECRET, minutesAgo(10)), BODY)).toBe(1);
    expect(await run(sample, genuine, Buffer.concat([BODY, Buffer.from(" ")]))).toBe(1);
    expect(await run(sample, sign(BODY, "another secret", minutesAgo(0)), BODY)).toBe(1);
    expect(await run(sample, genuine.replace("v1=", "v0="), BODY)).toBe(1);
    // During a rotation, either secret is valid, in any position.
    expect(await run(sample, sign(BODY, SECRET, minutesAgo(0), "another secret"), BODY)).toBe(0);
    expect(await run(sample, sign(BODY, "another secret", minutesAgo(0), SECRET), BODY)).toBe(0);
    expect(await run(sample, sign(BODY, "another secret", minutesAgo(0), "a third one"), BODY)).toBe(1);
    expect(await run(sample, "", BODY)).toBe(1);
  });
});
