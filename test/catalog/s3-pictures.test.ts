import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makePictures } from "../../src/catalog/pictures/pictures.ts";
import { makeS3Storage } from "../../src/catalog/pictures/s3-storage.ts";
import { openDb } from "../../src/platform/db.ts";
import { DAY, makeTestClock } from "../support/clock.ts";
import { freePort } from "../support/free-port.ts";
import { cloneDatabase, type InProcessGateway, SESSION_SECRET, startTestGateway } from "../support/gateway.ts";
import { captureLog } from "../support/log.ts";
import { png } from "../support/png.ts";
import { startTestS3, type TestS3 } from "../support/s3.ts";

const closedPort = await freePort();
let s3: TestS3;
beforeAll(async () => {
  s3 = await startTestS3();
});
afterAll(() => s3?.[Symbol.asyncDispose]());

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

async function upload(gateway: InProcessGateway, bytes: Buffer) {
  const { data } = await gateway.operator.send<{
    it: { imageUrl: string | null; userErrors: { code: string; message: string }[] };
  }>(
    "mutation ($input: UploadPictureInput!) { it: uploadPicture(input: $input) { imageUrl userErrors { code message } } }",
    { input: { base64: bytes.toString("base64") } },
  );
  if (!data) throw new Error("The upload was not answered");
  return data.it;
}

async function get(gateway: InProcessGateway, path: string | null) {
  const answer = await fetch(`${gateway.url}${path}`);
  return {
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
    bytes: Buffer.from(await answer.arrayBuffer()),
  };
}

const rowsOf = (gateway: InProcessGateway) =>
  gateway.sql<{ hash: string; stored: boolean }>(
    "select hash, bytes is not null as stored from pictures order by hash",
  );

/** A gateway with the storage and a log to read. */
async function startGateway(env: Record<string, string> = {}) {
  const captured = await captureLog();
  const gateway = await startTestGateway({ ...s3.env, ...env }, { log: captured.log });
  return Object.assign(gateway, { logged: captured.text });
}

test("a picture is an object of the bucket, and is served as one of the database is", async () => {
  await using gateway = await startGateway();
  const picture = png(640, 480);
  const name = `tessera/pictures/${sha256(picture)}.png`;
  const { imageUrl, userErrors } = await upload(gateway, picture);
  expect(userErrors).toEqual([]);
  expect(imageUrl).toBe(`/images/pictures/${sha256(picture)}.png`);
  expect(s3.objects()).toContain(name);
  expect(await rowsOf(gateway)).toEqual([{ hash: sha256(picture), stored: false }]);
  const shown = await get(gateway, imageUrl);
  expect(shown.status).toBe(200);
  expect(shown.bytes.equals(picture)).toBe(true);

  // The same picture, of a gateway that stores it in the database.
  await using other = await startTestGateway();
  const stored = await upload(other, picture);
  expect(stored.imageUrl).toBe(imageUrl);
  const { headers } = await get(other, stored.imageUrl);
  for (const field of ["content-type", "cache-control", "content-security-policy", "x-content-type-options"]) {
    expect(shown.headers[field]).toBe(headers[field]);
  }
});

test("a picture whose object is gone is answered with 404 and a line in the log, and an upload stores it again", async () => {
  await using gateway = await startGateway();
  const picture = png(500, 400);
  const { imageUrl } = await upload(gateway, picture);
  s3.lose(`tessera/pictures/${sha256(picture)}.png`);
  const { status, headers } = await get(gateway, imageUrl);
  expect(status).toBe(404);
  expect(headers["cache-control"]).toBe("no-store");
  expect(gateway.logged()).toContain("A picture cannot be shown: its object is gone from the storage");
  await upload(gateway, picture);
  expect((await get(gateway, imageUrl)).status).toBe(200);
});

test("pictures stay visible where they are when the setting changes", async () => {
  await using gateway = await startTestGateway();
  const [first, second] = [png(300, 300), png(301, 300)];
  const inDatabase = await upload(gateway, first);
  await gateway.restart(s3.env);
  const inStorage = await upload(gateway, second);
  await gateway.restart({ ...s3.env, PICTURE_STORAGE: "database" });
  expect((await rowsOf(gateway)).map(({ stored }) => stored).sort()).toEqual([false, true]);
  for (const [{ imageUrl }, picture] of [
    [inDatabase, first],
    [inStorage, second],
  ] as const) {
    expect((await get(gateway, imageUrl)).bytes.equals(picture)).toBe(true);
  }
});

/** Runs `npm run pictures:move` beside a gateway, with the settings that its operator changed. */
const move = (gateway: InProcessGateway, env: Record<string, string>) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const settings = { PATH: process.env["PATH"], NODE_ENV: "test", LOG_LEVEL: "error", SESSION_SECRET };
    const options = { env: { ...settings, DATABASE_URL: gateway.databaseUrl, ...s3.env, ...env } };
    execFile(process.execPath, ["scripts/pictures-move.ts"], options, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });

test("the command moves pictures to the storage and back, while a gateway serves them", async () => {
  await using gateway = await startGateway({ PICTURE_STORAGE: "database" });
  const pictures = [png(320, 300), png(321, 300)];
  const paths = await Promise.all(pictures.map(async (picture) => (await upload(gateway, picture)).imageUrl));
  const isShown = async () => {
    const shown = await Promise.all(paths.map((path) => get(gateway, path)));
    return shown.every(({ status, bytes }, place) => status === 200 && pictures[place]?.equals(bytes));
  };

  expect(await move(gateway, {})).toMatchObject({ code: 0, out: "2 pictures moved to the S3-compatible storage.\n" });
  expect((await rowsOf(gateway)).map(({ stored }) => stored)).toEqual([false, false]);
  expect(await isShown()).toBe(true);
  expect(await move(gateway, {})).toMatchObject({ code: 0, out: "0 pictures moved to the S3-compatible storage.\n" });

  expect(await move(gateway, { PICTURE_STORAGE: "database" })).toMatchObject({
    code: 0,
    out: "2 pictures moved to the database.\n",
  });
  expect((await rowsOf(gateway)).map(({ stored }) => stored)).toEqual([true, true]);
  expect(await isShown()).toBe(true);
});

test("the command names a picture whose bytes are lost, and moves the others", async () => {
  await using gateway = await startGateway();
  const [lost, other] = [png(330, 300), png(331, 300)];
  await upload(gateway, lost);
  await upload(gateway, other);
  s3.lose(`tessera/pictures/${sha256(lost)}.png`);
  const { code, out, err } = await move(gateway, { PICTURE_STORAGE: "database" });
  expect(out).toBe("1 picture moved to the database.\n");
  expect(err).toContain(`The object of the picture ${sha256(lost)} is gone. Upload the picture again.`);
  expect(code).toBe(1);
});

test.each([
  ["a missing bucket", { S3_BUCKET: "no-such-bucket" }, "has no bucket no-such-bucket (S3_BUCKET)"],
  [
    "a wrong secret",
    { S3_SECRET_ACCESS_KEY: "wrong" },
    "refuses the access key (S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, S3_REGION): SignatureDoesNotMatch",
  ],
  [
    "an unknown key",
    { S3_ACCESS_KEY_ID: "unknown" },
    "refuses the access key (S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, S3_REGION): InvalidAccessKeyId",
  ],
  [
    "an unreachable storage",
    { S3_ENDPOINT: `http://127.0.0.1:${closedPort}` },
    "cannot be reached (S3_ENDPOINT): ECONNREFUSED",
  ],
])("with %s the upload is refused with its reason, and nothing is stored", async (_, env, reason) => {
  await using gateway = await startGateway(env);
  await gateway.until(async () => gateway.logged().includes(reason)); // at the start
  const before = s3.objects();
  const { imageUrl, userErrors } = await upload(gateway, png(410, 300));
  expect(imageUrl).toBeNull();
  expect(userErrors).toEqual([
    {
      code: "UPSTREAM_UNAVAILABLE",
      message: expect.stringMatching(/^The picture was not stored\. The storage at http/),
    },
  ]);
  expect(userErrors[0]?.message).toContain(reason);
  expect(await rowsOf(gateway)).toEqual([]);
  expect(await gateway.sql("select from audit_log where action = 'picture.upload'")).toEqual([]);
  expect(s3.objects()).toEqual(before);
  expect(gateway.logged()).not.toContain(s3.env["S3_SECRET_ACCESS_KEY"]);

  // A stored picture is not gone: the answer must not be kept.
  await gateway.sql(
    "insert into pictures (hash, type, width, height, uploaded_by, uploaded_at) values ($1, 'image/png', 410, 300, 'operator', now())",
    ["a".repeat(64)],
  );
  const { status, headers } = await get(gateway, `/images/pictures/${"a".repeat(64)}.png`);
  expect(status).toBe(503);
  expect(headers).toMatchObject({ "retry-after": "5", "cache-control": "no-store" });
});

test("a storage that does not answer ends the wait with UPSTREAM_TIMEOUT_MS", async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => void sockets.push(socket)).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  {
    await using gateway = await startGateway({
      S3_ENDPOINT: `http://127.0.0.1:${port}`,
      UPSTREAM_TIMEOUT_MS: "300",
    });
    const { userErrors } = await upload(gateway, png(420, 300));
    expect(userErrors[0]?.message).toContain("did not answer within 300 ms");
    expect(await rowsOf(gateway)).toEqual([]);
  }
  for (const socket of sockets) socket.destroy();
  silent.close();
});

test("a storage that sends more than a picture can have does not fill the memory", async () => {
  let sent = 0;
  const generous = createServer((socket) => {
    socket
      .on("error", () => {})
      .on("data", () => {
        socket.write("HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 1000000000\r\n\r\n");
        const pour = () => {
          while (!socket.destroyed && socket.write(Buffer.alloc(65_536))) sent += 65_536;
        };
        socket.on("drain", pour);
        pour();
      });
  }).listen(0, "127.0.0.1");
  await once(generous, "listening");
  const { port } = generous.address() as AddressInfo;
  {
    await using gateway = await startGateway({ S3_ENDPOINT: `http://127.0.0.1:${port}`, PICTURE_STORAGE: "database" });
    await gateway.sql(
      "insert into pictures (hash, type, width, height, uploaded_by, uploaded_at) values ($1, 'image/png', 410, 300, 'operator', now())",
      ["b".repeat(64)],
    );
    await expect(get(gateway, `/images/pictures/${"b".repeat(64)}.png`)).rejects.toThrow();
    expect(sent).toBeLessThan(20_000_000);
  }
  generous.close();
});

test("an unused picture is deleted with its object, a logo is not; one that the storage does not delete stays", async () => {
  const clock = makeTestClock();
  const db = openDb(await cloneDatabase(), 2);
  const { log } = await captureLog();
  const options = {
    endpoint: s3.env["S3_ENDPOINT"] ?? "",
    bucket: "pictures",
    region: "us-east-1",
    accessKeyId: "S3RVER",
    secretAccessKey: "S3RVER",
    isPathStyle: true,
    prefix: "swept/",
    timeoutMs: 10_000,
  };
  const objects = makeS3Storage(options);
  const wrong = makeS3Storage({ ...options, secretAccessKey: "wrong" });
  const make = (storage: typeof objects) => makePictures({ db, objects: storage, storesObjects: true, clock, log });
  const [unused, logo] = [png(200, 200), png(210, 200)];
  for (const picture of [unused, logo]) await make(objects).upload(picture.toString("base64"), "operator");
  await db.brand.create({ data: { logoHash: sha256(logo), changedBy: "operator", changedAt: clock.now() } });
  const names = () => s3.objects().filter((name) => name.startsWith("swept/"));
  const all = [unused, logo].map((picture) => `swept/${sha256(picture)}.png`).sort();
  await make(objects).sweep();
  expect(names()).toEqual(all); // they are not old yet
  clock.advance(31 * DAY);
  await expect(make(wrong).sweep()).rejects.toThrow("refuses the access key");
  expect(await db.picture.count()).toBe(2);
  expect(names()).toEqual(all);
  await Promise.all([make(objects).sweep(), make(objects).sweep()]);
  expect(names()).toEqual([`swept/${sha256(logo)}.png`]);
  expect(await db.picture.findMany({ select: { hash: true } })).toEqual([{ hash: sha256(logo) }]);
  await Promise.all([objects.close(), wrong.close(), db.$disconnect()]);
});
