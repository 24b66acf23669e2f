import { spawnSync } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { headerOf, type Ticket, toLine } from "../../src/draws/published.ts";
import { verdictWords } from "../../src/draws/verdict-words.ts";
import { verifyDraw } from "../../src/draws/verify-draw.ts";
import { campaign, play, seed } from "../support/rewards/draws.ts";

const { file, lines, tickets, state } = play(200);
const problemsOf = (text: string) => {
  const verdict = verifyDraw(text);
  return verdict.ok ? [] : verdict.problems.map(({ line, message }) => `${line}: ${message}`);
};
const withTicket = (number: number, changes: Partial<Ticket>) => {
  const ticket = tickets[number - 1] as Ticket;
  return lines.map((line, index) => (index === number ? toLine({ ...ticket, ...changes }) : line)).join("");
};

describe("a published draw", () => {
  test("is valid unchanged, as text and as bytes", () => {
    const verdict = { ok: true, campaignId: "test-draw", tickets: 200, given: state.given, lastHash: state.lastHash };
    expect(verifyDraw(file)).toMatchObject(verdict);
    expect(verifyDraw(Buffer.from(file), { openingHash: headerOf(campaign).hash })).toMatchObject(verdict);
  });
  test("is valid without a ticket", () => {
    expect(verifyDraw(play(0).file)).toMatchObject({ ok: true, tickets: 0 });
  });
  test("has the hashes and the rolls that any other library calculates", () => {
    const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
    const { type: _, hash, ...head } = headerOf(campaign);
    expect(sha256(`${head.format}\n${JSON.stringify(head.campaign)}`)).toBe(hash);
    expect(createHash("sha256").update(seed, "hex").digest("hex")).toBe(campaign.seedCommit);
    let before = hash;
    for (const { hash, ...ticket } of tickets) {
      expect(sha256(`${before}\n${JSON.stringify(ticket)}`)).toBe(hash);
      const text = `tessera-draw/1\ntest-draw\n${ticket.number}\n0`;
      const number = createHmac("sha256", Buffer.from(seed, "hex")).update(text).digest().readUInt32BE(0);
      if (number < 4_294_000_000) expect(ticket.roll).toBe(number % 1_000_000);
      before = hash;
    }
  });
  test("has the same bytes for any order of its records' keys", () => {
    const { prizes, ...rest } = campaign;
    expect(toLine(headerOf({ prizes, ...rest }))).toBe(lines[0]);
  });
});

describe("a draw is invalid", () => {
  const other = "0".repeat(64);
  const roll = tickets[16]?.roll;
  test.each<[string, Partial<Ticket>, string]>([
    ["holder", { holder: other }, "18: ticket 17: its hash does not cover it and the one before"],
    ["time", { issuedAt: "2026-03-10T00:00:18.000Z" }, "18: ticket 17: its hash does not cover it and the one before"],
    ["hash", { hash: other }, "18: ticket 17: its hash does not cover it and the one before"],
    ["number", { number: 18 }, "18: ticket 17 is due here, this is ticket 18"],
    ["prize", { prize: "phone" }, "18: ticket 17: its prize is nothing, not phone"],
    ["hit", { hit: "phone" }, `18: ticket 17: roll ${roll} hits nothing, not phone`],
    ["roll", { roll: 1 }, `18: ticket 17: the seed gives roll ${roll}, not 1`],
  ])("with another %s of one ticket", (_, changes, problem) => {
    expect(problemsOf(withTicket(17, changes))).toContain(problem);
  });
  test("with any one ticket removed, doubled or swapped with the next", () => {
    const { lines } = play(40);
    for (let number = 1; number < 40; number += 1) {
      const [here = "", next = ""] = lines.slice(number, number + 2);
      expect(verifyDraw(lines.toSpliced(number, 1).join("")).ok).toBe(false);
      expect(verifyDraw(lines.toSpliced(number, 0, here).join("")).ok).toBe(false);
      expect(verifyDraw(lines.toSpliced(number, 2, next, here).join("")).ok).toBe(false);
    }
  });
  test("with any single byte altered", () => {
    const bytes = Buffer.from(play(6).file);
    expect(verifyDraw(bytes).ok).toBe(true);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const altered = Buffer.from(bytes);
        altered[at] = (altered[at] ?? 0) ^ flip;
        expect(verifyDraw(altered).ok).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
  test("with any single byte removed or inserted", () => {
    const bytes = Buffer.from(play(2).file);
    for (let at = 0; at < bytes.length; at += 1) {
      expect(verifyDraw(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])).ok).toBe(false);
      expect(verifyDraw(Buffer.concat([bytes.subarray(0, at), Buffer.from(" "), bytes.subarray(at)])).ok).toBe(false);
    }
  });
  test("with another seed", () => {
    const forged = play(200, campaign, "5eee".repeat(16)).file;
    expect(problemsOf(forged)).toContain("202: the seed is not the one that was committed to at the opening");
  });
  test("before its seed is revealed", () => {
    expect(problemsOf(lines.slice(0, -1).join(""))).toEqual([
      "202: the seed has not been revealed: results can be checked once the draw is closed",
    ]);
  });
  test("as a whole when it replaces the announced draw", () => {
    const better = { ...campaign, prizes: campaign.prizes.map((prize) => ({ ...prize, name: `${prize.name}!` })) };
    const { file: exchanged } = play(200, better);
    expect(verifyDraw(exchanged).ok).toBe(true);
    expect(verifyDraw(exchanged, { openingHash: headerOf(campaign).hash })).toEqual({
      ok: false,
      problems: [{ line: 1, message: "this is not the draw that was announced: its opening hash is another" }],
    });
  });
  test("when it awards an exhausted prize, even with every hash recomputed", () => {
    const few = {
      ...campaign,
      prizes: campaign.prizes.map((prize) => (prize.id === "small" ? { ...prize, stock: 5 } : prize)),
    };
    const generous = play(200);
    const forged = play(200, few);
    expect(generous.state.given["small"]).toBeGreaterThan(5);
    const mixed = [forged.lines[0], ...generous.lines.slice(1)].join("");
    expect(problemsOf(mixed).some((problem) => problem.includes("its prize is nothing, not small"))).toBe(true);
  });
  test.each([
    ["nothing at all", ""],
    ["another format", "{}\n[]\nhello\n"],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x00])],
    ["numbers written in another way", file.replace('"number":3,', '"number":3.0,')],
    ["a mark before the first byte", `\uFEFF${file}`],
  ])("and the verifier throws no exception, given %s", (_, text) => {
    expect(verifyDraw(text).ok).toBe(false);
  });
});

describe("an open draw", () => {
  const open = lines.slice(0, -1).join("");
  const problemsOf = (text: string, receipts: { number: number; hash: string }[] = []) => {
    const verdict = verifyDraw(text, { isOpen: true, receipts });
    return verdict.ok ? [] : verdict.problems.map(({ message }) => message);
  };
  test("is valid except for its rolls, which are unknown", () => {
    expect(verifyDraw(open, { isOpen: true })).toMatchObject({ ok: true, isRevealed: false, given: state.given });
    expect(verifyDraw(file, { isOpen: true })).toMatchObject({ ok: true, isRevealed: true });
  });
  test("is invalid with a ticket removed, or a prize that its roll does not hit", () => {
    expect(problemsOf(lines.toSpliced(17, 1).slice(0, -1).join(""))).toContain(
      "ticket 17 is due here, this is ticket 18",
    );
    const generous = withTicket(17, { prize: "phone" }).split("\n").slice(0, -2).join("\n");
    expect(problemsOf(`${generous}\n`)).toContain("ticket 17: its prize is nothing, not phone");
  });
  test("is invalid for the holder of a receipt whose ticket it lacks", () => {
    const { number, hash } = tickets[16] as Ticket;
    expect(problemsOf(open, [{ number, hash }])).toEqual([]);
    expect(problemsOf(open, [{ number: 18, hash }])).toEqual(["ticket 18: its hash is not the one of the receipt"]);
    expect(problemsOf(open, [{ number: 201, hash }])).toEqual([
      "ticket 201: there is a receipt for it, and it is not here",
    ]);
  });
});

describe("the verdict as text", () => {
  test("lists the recomputed parts", () => {
    expect(verdictWords(verifyDraw(file))).toEqual({
      text: expect.stringMatching(/^VERIFIED: draw test-draw, 200 tickets, every roll and prize recomputed\n/),
      exitCode: 0,
    });
  });
  test("shows twenty problems and counts the rest", () => {
    const { text, exitCode } = verdictWords(
      verifyDraw(play(200, campaign, `${"0".repeat(63)}1`).file.replaceAll("nothing", "x")),
    );
    expect(exitCode).toBe(1);
    expect(text.split("\n")).toHaveLength(22);
  });
  test("is printed by the command, for a named file or standard input", () => {
    const verify = (input: string, ...args: string[]) =>
      spawnSync(process.execPath, ["scripts/draw-verify.ts", ...args], { input, encoding: "utf8" });
    expect(verify(file, "-")).toMatchObject({ status: 0, stdout: expect.stringContaining("VERIFIED: draw test-draw") });
    expect(verify(file.replace(seed, "0".repeat(64)), "-")).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("NOT VERIFIED"),
    });
    expect(verify("")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("Give the file of a published draw"),
    });
    expect(verify("", "no-such-file")).toMatchObject({ status: 2 });
  });
});
