import fc from "fast-check";
import { expect, test } from "vitest";
import { digestOf } from "../../src/messages/digest.ts";
import { readJson, writeJson } from "../../src/messages/json-tree.ts";
import { rewardActions } from "../../src/messages/message.ts";
import { isRefusedMessage, parseMessage } from "../../src/messages/parse-message.ts";
import { redactNik } from "../../src/messages/redact-nik.ts";
import { splitBatch } from "../../src/messages/split-batch.ts";
import { documented } from "../support/rewards/documented.ts";
import { JAKARTA, newer, producer } from "../support/rewards/envelopes.ts";

type JsonRecord = Record<string, unknown>;
const known = rewardActions.flatMap((action) => [
  JSON.parse(documented[action]) as JsonRecord,
  newer(action) as JsonRecord,
  producer(action) as JsonRecord,
]);

/** Messages with one defect: a value exchanged, an entry more, an entry less. */
const damaged = fc
  .tuple(fc.constantFrom(...known), fc.nat(), fc.jsonValue({ maxDepth: 3 }), fc.constantFrom("change", "add", "remove"))
  .map(([message, where, value, how]) => {
    const copy = structuredClone(message);
    const objects: JsonRecord[] = [];
    const visit = (each: unknown) => {
      if (typeof each !== "object" || each === null) return;
      objects.push(each as JsonRecord);
      Object.values(each).forEach(visit);
    };
    visit(copy);
    const target = objects[where % objects.length] ?? copy;
    const keys = Object.keys(target);
    const key = keys[where % Math.max(1, keys.length)] ?? "key";
    if (how === "remove") delete target[key];
    else target[how === "add" ? `${key}_` : key] = value;
    return copy;
  });

const anything = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.json(),
  fc.uint8Array(),
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withObjectString: true }),
  damaged,
  damaged.map((message) => JSON.stringify(message)),
  damaged.map((message) => JSON.stringify(message).slice(0, -2)),
  damaged.map((message) => JSON.stringify(JSON.stringify(message))),
);

test("any message is accepted, or refused with a reason, and can be stored", () => {
  fc.assert(
    fc.property(anything, (raw) => {
      const result = parseMessage(raw, JAKARTA);
      if (isRefusedMessage(result)) {
        expect(result.problems.length).toBeGreaterThan(0);
        for (const { code, message } of result.problems) expect([code, message]).not.toContain("");
      } else {
        const { lines, member, sharerId } = result.message;
        for (const { at, amount } of lines) {
          expect(at.getTime()).toBeLessThanOrEqual(JAKARTA.now.getTime() + 300_000);
          expect(amount === null || (Number.isSafeInteger(amount) && amount >= 0)).toBe(true);
        }
        expect(member.memberId ?? member.userId ?? member.nik ?? sharerId).toMatch(/^\d+$/);
      }
      const stored = redactNik(raw);
      expect(stored).not.toContain("\0");
      expect(stored.isWellFormed()).toBe(true);
      splitBatch(raw);
    }),
    { numRuns: 2_000 },
  );
});

test("a JSON text is parsed as by JSON.parse, and written unchanged", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4, stringUnit: "binary" }), fc.nat(4), (text, indent) => {
      const spaced = JSON.stringify(JSON.parse(text), null, indent);
      const read = readJson(spaced, 100);
      if (!("tree" in read)) throw new Error("JSON was not read");
      expect(JSON.parse(writeJson(read.tree))).toEqual(JSON.parse(spaced));
    }),
    { numRuns: 1_000 },
  );
});

/** The same message in another spelling: keys in another case and order, scalars with spaces or as text. */
const respelt = (message: JsonRecord, choices: readonly number[]): JsonRecord => {
  let next = 0;
  const choose = (most: number) => (choices[next++ % choices.length] ?? 0) % most;
  const spell = (key: string) => {
    const words = key.split(/[-_]|(?<=[a-z])(?=[A-Z])/);
    const spellings = [
      key,
      key.toUpperCase(),
      words.join("_").toLowerCase(),
      words.join("-"),
      words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(""),
    ];
    return spellings[choose(spellings.length)] ?? key;
  };
  const change = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(change);
    if (typeof value === "object" && value !== null) {
      const entries = Object.entries(value).map(([key, each]) => [choose(1_000), spell(key), change(each)] as const);
      entries.sort(([one], [other]) => one - other);
      return Object.fromEntries(entries.map(([, key, each]) => [key, each]));
    }
    if (typeof value === "number") return choose(2) ? String(value) : value;
    if (typeof value === "string" && value !== "") return choose(2) ? ` ${value} ` : value;
    return value;
  };
  return change(message) as JsonRecord;
};

test("neither the order of keys nor spelling nor white space changes a message's digest", () => {
  const digest = (raw: unknown) => {
    const result = parseMessage(raw, JAKARTA);
    if (isRefusedMessage(result)) throw new Error(JSON.stringify(result.problems));
    return digestOf(result.message, "hash");
  };
  fc.assert(
    fc.property(
      fc.constantFrom(...known),
      fc.array(fc.nat(), { minLength: 5, maxLength: 40 }),
      fc.nat(8),
      (message, choices, indent) => {
        expect(digest(JSON.stringify(respelt(message, choices), null, indent))).toBe(digest(message));
      },
    ),
    { numRuns: 500 },
  );
});

const digit = fc.constantFrom(..."0123456789");
// Every length of a national id; numbers of ten and thirteen digits could be dates.
const nik = fc
  .tuple(
    fc.constantFrom("11", "32", "31", "51", "91"),
    fc.oneof(
      fc.string({ unit: digit, minLength: 4, maxLength: 14 }),
      fc.constantFrom(8, 11).chain((length) => fc.string({ unit: digit, minLength: length, maxLength: length })),
    ),
  )
  .map((parts) => parts.join(""));

test("a national id is in no answer, no copy and no stored row", () => {
  // In a field where it is valid but must not be stored, and in a field for which the message is refused.
  const beside = (id: string) =>
    fc.record({
      [`about ${id}`]: fc.constantFrom(id, 1, `of ${id}`),
      note: fc.constantFrom(id, `it is ${id}, yes`, [...id].join(" "), [id], { deep: [{ id }] }, { [id]: id }),
      embedded: fc.constantFrom(JSON.stringify({ nik: id }), JSON.stringify(JSON.stringify([id]))),
      scopeSource: fc.constantFrom(id, "app"),
    });
  const misplaced = (id: string) =>
    fc.record(
      {
        nik: fc.constantFrom(id, `${id}1`),
        UserId: fc.constant(id),
        TicketId: fc.constantFrom(id, `T-${id}`),
        Date: fc.constant(id),
        Action: fc.constant(id),
        reference: fc.constant(id),
        transaction: fc.constantFrom(id, [{ date: id }], [{ date: "2024-02-08 11:22:06", amount: id }]),
      },
      { requiredKeys: [] },
    );
  const cases = nik.chain((id) =>
    fc.tuple(
      fc.constant(id),
      fc.constantFrom(...known),
      beside(id),
      fc.oneof(fc.constant({}), fc.constant({}), misplaced(id)),
      fc.oneof(fc.constant({}), fc.constant({}), misplaced(id)),
      fc.constantFrom(0, 1, 2),
    ),
  );
  let understood = 0;
  fc.assert(
    fc.property(cases, ([id, message, beside, around, within, cut]) => {
      const data = message["Data"] ?? message["data"];
      const { Resource, ResourceId, resource, resourceId, Data, data: _, ...rest } = message;
      const whole = { ...rest, Resource: "nik", ResourceId: id, ...beside, ...around };
      const raw = JSON.stringify({ ...whole, Data: { ...(data as object), ...beside, ...within } });
      const result = parseMessage(raw, JAKARTA);
      const said = isRefusedMessage(result)
        ? result.problems
        : [result.normalisations, { ...result.message, member: { ...result.message.member, nik: null } }];
      const kept = JSON.stringify(said) + redactNik(raw);
      if (!isRefusedMessage(result)) understood++;
      expect(kept).not.toContain(id);
      expect(kept.replaceAll(/[ .-]/g, "")).not.toContain(id);
      // Half a message is not JSON: then every long number is removed.
      if (id.length >= 9) expect(redactNik(raw.slice(0, -1 - cut))).not.toContain(id);
    }),
    { numRuns: 1_000 },
  );
  // The stored half would not have been searched otherwise.
  expect(understood).toBeGreaterThan(200);
});
