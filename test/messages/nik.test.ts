import { describe, expect, test } from "vitest";
import { looksLikeNik } from "../../src/messages/nik.ts";
import { isRefusedMessage, parseMessage } from "../../src/messages/parse-message.ts";
import { redactNik } from "../../src/messages/redact-nik.ts";
import { documented } from "../support/rewards/documented.ts";
import { JAKARTA, NIK, SHORT_NIK } from "../support/rewards/envelopes.ts";

describe("a storable copy", () => {
  test("has every field but the national id", () => {
    expect(JSON.parse(redactNik(documented.registerreferral))).toEqual({
      ...JSON.parse(documented.registerreferral),
      ResourceId: "[nik removed]",
    });
  });
  test.each([
    ["where it belongs", `{"Resource":"nik","ResourceId":"${NIK}"}`],
    ["as a number", `{"ResourceId":${SHORT_NIK}}`],
    ["short, where it belongs", '{"nik":"1234"}', "1234"],
    ["under another of its names", `{"Data":{"no_ktp":"${SHORT_NIK}"}}`],
    ["in a list under its name", `{"nik":["${SHORT_NIK}",{"n":"${SHORT_NIK}"}]}`],
    ["in other fields", `{"nik":"${SHORT_NIK}","note":"he is ${SHORT_NIK}.","Data":{"id":${SHORT_NIK}}}`],
    ["as a key", `{"nik":"${SHORT_NIK}","${SHORT_NIK}":1}`],
    ["with separators in one place and without in another", '{"nik":"321-231-990","note":"321231990"}'],
    ["without them in one place and with in another", '{"nik":"321231990","note":"3212 3199-0"}', "3212 3199-0"],
    ["by its form alone", `{"note":"${NIK}"}`],
    ["by its form, with spaces between groups of digits", '{"note":"3171 2345 0987 0001"}', "3171 2345 0987 0001"],
    ["with escaped digits", '{"nik":"32123199\\u0030","note":"\\u003321231990"}'],
    ["in JSON within a text", JSON.stringify({ Data: JSON.stringify({ nik: SHORT_NIK, id: `x${SHORT_NIK}` }) })],
    ["short, in JSON within a text", JSON.stringify({ Data: JSON.stringify({ nik: "1234" }) }), "1234"],
    [
      "escaped, in JSON within a text",
      JSON.stringify({ Data: '{"note":"\\u003321231990","nik":"321231990"}' }),
      "21231990",
    ],
    ["in the wrong one of two", `{"Resource":"${SHORT_NIK}","ResourceId":"nik","note":"${SHORT_NIK}"}`],
    ["of many persons", JSON.stringify({ list: Array.from({ length: 50 }, (_, n) => ({ nik: `${SHORT_NIK}${n}` })) })],
    ["twice under the same key", `{"nik":"${SHORT_NIK}","nik":"987654321"}`, "987654321"],
    ["in half a message", `{"Resource":"nik","ResourceId":"${SHORT_NIK}","Data":{`],
    ["short, in half a message", '{"ResourceId": "12345", "Data', "12345"],
    ["with escaped digits in half a message", '{"ResourceId":"32123\\u0031990', "32123"],
    ["below nine levels", `${"[".repeat(9)}"${NIK}"${"]".repeat(9)}`],
  ])("has no national id %s", (_, raw, id = SHORT_NIK) => {
    const copy = redactNik(raw);
    for (const each of [id, SHORT_NIK, NIK]) expect(copy).not.toContain(each);
    expect(copy).toContain("[nik removed]");
    expect(redactNik(copy)).toBe(copy);
  });

  test("keeps every other digit and key, also repeated keys", () => {
    const raw = '{"id":12345678901234567890,"id":1.50,"__proto__":{"a":1},"date":"2024-02-08 11-22-06.12"}';
    expect(redactNik(raw)).toBe(raw);
  });
  test("of a message that is too long ends before half a national id", () => {
    const raw = `${"x".repeat(65_530)}${NIK}`;
    expect(redactNik(raw)).toBe(`${"x".repeat(65_530)}…`);
    expect(redactNik(Buffer.from(raw))).toBe(`${"x".repeat(65_530)}…`);
  });
  test("can be stored whatever the message contains", () => {
    expect(redactNik('{"note":"a\\u0000\\ud800b"}')).toBe('{"note":"a\uFFFD\uFFFDb"}');
    expect(redactNik(Uint8Array.from([0xff, 0x00, 0x41]))).toBe("\uFFFD\uFFFDA");
    for (const odd of [undefined, () => 1, Symbol("x"), 1n]) expect(typeof redactNik(odd)).toBe("string");
  });
});

describe("a message that was stored without its national id", () => {
  const copy = redactNik(documented.dailycheckin);
  test("can be read again when its hash is on record", () => {
    const result = parseMessage(copy, { ...JAKARTA, nikIsOnRecord: true });
    expect(result).toMatchObject({ message: { action: "dailycheckin", member: { nik: null } } });
  });
  test("has no member when its hash is not on record", () => {
    expect(parseMessage(copy, JAKARTA)).toMatchObject({ problems: [{ code: "NIK_REMOVED" }] });
  });
  test("ignores the mark in other places", () => {
    const raw = JSON.stringify({ Data: { id: "[nik removed]", command: "register", date: "2024-02-08 11:22:06" } });
    expect(parseMessage(raw, { ...JAKARTA, nikIsOnRecord: true })).toMatchObject({
      problems: [{ code: "NIK_REMOVED", path: "Data.id" }],
    });
  });
});

test("a refused message returns its national id, so that the id's hash can be stored with it", () => {
  const raw = JSON.stringify({ Resource: "nik", ResourceId: NIK, TicketId: "T-1", Action: "dailycheckin" });
  expect(parseMessage(raw, JAKARTA)).toMatchObject({ problems: [{ code: "DATA_MISSING" }], nik: NIK, ticketId: "T-1" });
  expect(parseMessage("{", JAKARTA)).toMatchObject({ problems: [{ code: "NOT_JSON" }], nik: null, ticketId: null });
});

test.each([
  ["a national id of 60,000 digits", JSON.stringify({ nik: "1".repeat(60_000), note: "1 ".repeat(2_000) })],
  [
    "twenty long ones and a longer number",
    JSON.stringify({
      l: Array.from({ length: 19 }, (_, n) => ({ nik: "1".repeat(999) + n })),
      note: "1 ".repeat(20_000),
    }),
  ],
  [
    "a mark within the mark within the mark",
    JSON.stringify({
      list: ["[nik r", "emoved", "][nik r", "d[nik ", "]emoved", "removed][", "moved][", "nik re", "ed]emov"].map(
        (nik) => ({ nik }),
      ),
      note: "[nik removed]".repeat(4_000),
    }),
  ],
  ["the same key 8,000 times", `{${Array.from({ length: 8_000 }, () => '"a":1').join()}}`],
  ["30,000 escaped quotes", `"${'\\"'.repeat(30_000)}`],
  ["an action of 60,000 letters", JSON.stringify({ Action: `${"process".repeat(8_000)}x` })],
  [
    "a date of 60,000 spaces",
    JSON.stringify({ Data: { id: 1, command: "register", date: `2024-01-01${" ".repeat(60_000)}x` } }),
  ],
  ["names of national ids without one", "nik ".repeat(16_000)],
])("%s takes neither too long nor too much stack", (_, raw) => {
  const from = performance.now();
  parseMessage(raw, JAKARTA);
  expect(redactNik(raw).length).toBeLessThan(10 * raw.length);
  // Milliseconds; a quadratic algorithm takes minutes.
  expect(performance.now() - from).toBeLessThan(20_000);
});

test("the description of a message has no national id", () => {
  const result = parseMessage(
    JSON.stringify({
      Resource: "nik",
      ResourceId: NIK,
      UserId: NIK,
      Subject: `reward ${NIK}`,
      [`key ${NIK}`]: `of ${NIK}`,
      Data: { id: 7, command: "register", date: "2024-02-08 11:22:06", note: `of ${NIK}`, ResourceId: "12345" },
    }),
    JAKARTA,
  );
  if (isRefusedMessage(result)) throw new Error(JSON.stringify(result));
  const { member, ...rest } = result.message;
  expect(member.nik).toBe(NIK);
  expect(JSON.stringify([rest, result.normalisations])).not.toContain(NIK);
  expect(rest.unknown).toEqual({
    "key [nik removed]": "of [nik removed]",
    "Data.note": "of [nik removed]",
    "Data.ResourceId": "[nik removed]",
  });
});

test.each([
  ["3171234509870001", true],
  ["3171235009870001", true], // born on the 10th, a woman
  ["2024020811220612", false], // a time in a row
  ["3171233209870001", false],
  ["3171234513870001", false],
  ["317123450987000", false],
])("%s is detected as a national id: %s", (digits, does) => {
  expect(looksLikeNik(digits)).toBe(does);
});
