import { afterAll, beforeAll, expect, test } from "vitest";
import { type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import { png } from "../support/png.ts";

let gateway: InProcessGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Refusals {
  userErrors: { code: string; message: string }[];
}
async function upload(bytes: Uint8Array | string) {
  const base64 = typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("base64");
  const { data } = await gateway.operator.send<{ it: Refusals & { imageUrl: string | null; width: number | null } }>(
    "mutation ($input: UploadPictureInput!) { it: uploadPicture(input: $input) { imageUrl width userErrors { code message } } }",
    { input: { base64 } },
  );
  return data?.it;
}

test("a picture is stored once by its content, cacheable for ever, and cannot run scripts", async () => {
  const first = await upload(png(640, 480));
  expect(first).toMatchObject({
    imageUrl: expect.stringMatching(/^\/images\/pictures\/[0-9a-f]{64}\.png$/),
    width: 640,
  });
  expect((await upload(png(640, 480)))?.imageUrl).toBe(first?.imageUrl);
  const stored = await gateway.sql("select from audit_log where action = 'picture.upload'");
  expect(stored).toHaveLength(1);
  const answer = await fetch(`${gateway.url}${first?.imageUrl}`);
  expect(answer.status).toBe(200);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "content-type": "image/png",
    "cache-control": "public, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
  });
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(Buffer.from(png(640, 480)));
  const other = first?.imageUrl?.replace(".png", ".webp");
  expect((await fetch(`${gateway.url}${other}`)).status).toBe(404);
});

const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400"><script>alert(1)</script></svg>';
test.each([
  ["an SVG", Buffer.from(svg), "is not a JPEG, PNG or WebP picture"],
  ["a page", Buffer.from("<!doctype html><script>1</script>"), "is not a JPEG, PNG or WebP picture"],
  [
    "a GIF",
    Buffer.from(`GIF89a${"\x90\x01".repeat(2)}${"\0".repeat(40)}`, "latin1"),
    "is not a JPEG, PNG or WebP picture",
  ],
  ["half of a signature", png(640, 480).subarray(0, 12), "is not a JPEG, PNG or WebP picture"],
  ["too few pixels", png(199, 640), "199 × 640 pixels"],
  ["too many pixels", png(4_001, 640), "4001 × 640 pixels"],
  ["too many bytes", Buffer.concat([png(640, 480), Buffer.alloc(600 * 1_024)]), "is larger than 600 kB"],
  ["no Base64", "<svg>", "is not Base64"],
])("%s is refused", async (_, bytes, reason) => {
  const answer = await upload(bytes);
  expect(answer?.imageUrl).toBeNull();
  expect(answer?.userErrors).toEqual([{ code: "INVALID_INPUT", message: expect.stringContaining(reason) }]);
});

interface Report extends Refusals {
  created: number;
  updated: number;
  unchanged: number;
  rejected: { line: number; reason: string }[];
}
async function importRewards(lines: string[], options: { dryRun?: boolean; skipRejected?: boolean } = {}) {
  const { data } = await gateway.operator.send<{ it: Report }>(
    `mutation ($input: ImportRewardsInput!) { it: importRewards(input: $input) {
      created updated unchanged rejected { line reason } userErrors { code message } } }`,
    { input: { csv: lines.join("\n"), ...options } },
  );
  return data?.it as Report;
}
const rewardOf = async (sku: string) =>
  (
    await gateway.operator.ok<{ reward: { name: string; points: number; terms: string | null; state: string } | null }>(
      "query ($sku: String!) { reward(sku: $sku) { name points terms state validFrom } }",
      { sku },
    )
  ).reward;

test("rewards are updated and created from the rows of a file, and nothing is written if a row is wrong", async () => {
  const [first, second] = [await gateway.voucher({ points: 100 }), await gateway.voucher({ points: 200 })];
  const rows = [
    "SKU;Name;Points;Terms;Valid from;kind;active;state",
    `${first.sku};;150;Once a year.;2026-12-04;;;ON_OFFER`,
    `${second.sku};;200;;;;;`,
    "BULK-1;Umbrella;;;;;;",
    "BULK-2;Umbrella;300;;;MERCHANDISE;no;",
    `${first.sku};Twice;;;;;;`,
    `CAP-1;Not ours;1;;;MERCHANDISE;;`,
    `${second.sku}X;Pen;ten;;soon;MERCHANDISE;perhaps;`,
  ];
  const complete = rows.with(4, "BULK-2;Umbrella;300;;;MERCHANDISE;no;");
  const checked = await importRewards(complete, { dryRun: true });
  expect(checked.rejected).toEqual([
    { line: 4, reason: expect.stringContaining("No reward has this SKU") },
    { line: 5, reason: expect.stringMatching(/description.*brand.*category.*imageUrl/) },
    { line: 6, reason: "The SKU is in line 2 already." },
    { line: 7, reason: expect.stringContaining("are Capillary's") },
    {
      line: 8,
      reason: expect.stringMatching(/points: must be a whole number; validFrom: .*; active: must be yes or no/),
    },
  ]);
  expect(checked).toMatchObject({ created: 0, updated: 1, unchanged: 1 });
  expect(await importRewards(complete)).toMatchObject({ created: 0, updated: 0, unchanged: 0 });
  expect(await rewardOf(first.sku)).toMatchObject({ points: 100, terms: null });
  expect(await importRewards(complete, { skipRejected: true })).toMatchObject({ updated: 1, unchanged: 1 });
  expect(await rewardOf(first.sku)).toMatchObject({
    points: 150,
    terms: "Once a year.",
    validFrom: "2026-12-03T17:00:00.000Z",
  });

  const made = await importRewards(
    [
      "sku,name,description,points,brand,category,image url,kind,stock",
      "BULK-3,Umbrella,Keeps you dry.,300,Acme,Outdoor,/assets/rewards/none.svg,MERCHANDISE,7",
      "BULK-4,Card,A card.,300,Acme,Outdoor,/assets/rewards/none.svg,E_GIFT_VOUCHER,7",
    ],
    { skipRejected: true },
  );
  expect(made).toMatchObject({ created: 1, rejected: [{ line: 3, reason: expect.stringContaining("pool of codes") }] });
  expect(await rewardOf("BULK-3")).toMatchObject({ name: "Umbrella", state: "DRAFT" });
  expect(await importRewards(["sku,terms", `${first.sku},-`])).toMatchObject({ updated: 1 });
  expect(await rewardOf(first.sku)).toMatchObject({ terms: null });
  expect((await importRewards(["name", "Pen"])).userErrors[0]?.message).toContain('one of them must be "sku"');
  expect((await importRewards(["sku,colour", "A,red"])).userErrors[0]?.message).toContain("Unknown column colour");
});
