import { randomUUID } from "node:crypto";
import { expiryOf } from "../../src/upstream/client-points/client-points.ts";
import type { Balance, Outcome, Provider } from "./provider.ts";

/** `assumed`: the documentation leaves it open, and the finding names the gateway's setting for it. */
export type Verdict = "holds" | "fails" | "assumed" | "not checked";

export interface Finding {
  /** The id of the expectation, for scripts. */
  id: string;
  /** The expectation, in words. */
  expects: string;
  verdict: Verdict;
  /** Whether the gateway must not run without it; otherwise it is a recommendation. */
  required: boolean;
  /** The observation. */
  seen: string;
}

export interface Report {
  findings: Finding[];
  /** The gateway's settings that fit this provider. */
  settings: Record<string, string>;
  /** Points of the test customer that the run deducted and could not return; negative if the balance has risen. */
  owed: number | null;
}

export interface CheckOptions {
  provider: Provider;
  origin: string;
  /** A test customer with at least `NEEDED_POINTS`, whom no other process uses during the run. */
  customerId: string;
  /** Another customer, whose points the test customer's token must not read. */
  otherCustomerId: string | undefined;
  /** Reads the password sent to the test customer; undefined if it cannot be read. */
  readOtp: (() => Promise<string | undefined>) | undefined;
  /** Also credits the test customer; these points stay in the balance. */
  withCredit: boolean;
}

export const NEEDED_POINTS = 10;
const SLOW_MS = 2_000;
const UNKNOWN_CUSTOMER = "TESSERA-CONFORMANCE-NOBODY";

/**
 * Checks every expectation of the gateway against a points provider: signs in, deducts points and returns them. If a
 * call's outcome is unknown, the balance shows what happened, as in the gateway.
 */
export async function checkProvider(options: CheckOptions): Promise<Report> {
  const { provider, origin, customerId, otherCustomerId, readOtp, withCredit } = options;
  const findings: Finding[] = [];
  const settings: Record<string, string> = {};
  const note = (id: string, expects: string, verdict: Verdict, seen: string, required = true) =>
    findings.push({ id, expects, verdict, required, seen });
  const expect = (id: string, expects: string, holds: boolean, seen: string, required = true) =>
    note(id, expects, holds ? "holds" : "fails", seen, required);
  const refusalOf = (id: string, expects: string, answer: Outcome<unknown>, required = true) =>
    expect(id, expects, answer.outcome === "refused", wordsOf(answer), required);

  const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(new URL(origin).hostname);
  const isTls = origin.startsWith("https:");
  if (isTls || !isLocal) expect("tls", "the API is served over TLS 1.2 or newer", isTls, origin);

  const token = await checkSignIn();
  const isBasicRead = await checkReads();
  let read = isBasicRead ? () => provider.points(customerId) : undefined;
  if (token !== undefined) read = () => provider.points(customerId, { bearer: token });
  const before = read && (await balanceOf(read));
  if (!read || !before) {
    const why = read
      ? "the customer's points could not be read; once points holds, run the command again"
      : "this needs the points, which neither a token of the customer nor the credentials read; once verify-otp or basic-read holds, run the command again";
    for (const [id, expects] of moneyExpectations) note(id, expects, "not checked", why);
    return { findings, settings, owed: null };
  }
  if (before.balance < NEEDED_POINTS) {
    const why = `the customer has ${before.balance} points: give the customer ${NEEDED_POINTS} or more, or name another one with --customer`;
    for (const [id, expects] of moneyExpectations) note(id, expects, "not checked", why);
    return { findings, settings, owed: 0 };
  }
  const owed = await checkMoney(read, before);
  const slowest = [...provider.slowest()].toSorted(([, a], [, b]) => b - a)[0];
  if (slowest) {
    const [operation, ms] = slowest;
    expect("pace", `each call is answered within ${SLOW_MS} ms`, ms <= SLOW_MS, `${operation}: ${ms} ms`, false);
  }
  return { findings, settings, owed };

  async function checkSignIn(): Promise<string | undefined> {
    const sent = await provider.generateOtp(customerId);
    expect("generate-otp", "a one-time password is sent to the customer", sent.outcome === "confirmed", wordsOf(sent));
    refusalOf("unknown-customer", "an unknown customer is refused", await provider.generateOtp(UNKNOWN_CUSTOMER));
    const stranger = await provider.generateOtp(customerId, "none");
    expect(
      "credentials",
      "a call without credentials has no effect",
      stranger.outcome !== "confirmed",
      wordsOf(stranger),
    );
    // The newest password is the last one sent. If a stranger's request also sent one, it must not be confused with
    // that.
    const fresh = stranger.outcome === "confirmed" ? await provider.generateOtp(customerId) : sent;
    const otp = fresh.outcome === "confirmed" ? await readOtp?.() : undefined;
    if (fresh.outcome !== "confirmed" || otp === undefined) {
      const why = readOtp
        ? "no one-time password was sent or typed in; once generate-otp holds, run the command again"
        : "no one-time password was typed in: run the command at a terminal, or name an address that answers it with --otp-url";
      for (const [id, expects] of signInExpectations) note(id, expects, "not checked", why);
      return undefined;
    }
    const referenceId = fresh.facts.reference_id;
    const wrong = otp === "000000" ? "111111" : "000000";
    const words = new Map(signInExpectations);
    refusalOf(
      "wrong-otp",
      words.get("wrong-otp") ?? "",
      await provider.verifyOtp({ customerId, otp: wrong, referenceId }),
    );
    const verified = await provider.verifyOtp({ customerId, otp, referenceId });
    const facts = verified.outcome === "confirmed" ? verified.facts : undefined;
    const isRight = facts?.customer.customer_id === customerId;
    expect("verify-otp", words.get("verify-otp") ?? "", isRight, wordsOf(verified));
    refusalOf("single-use", words.get("single-use") ?? "", await provider.verifyOtp({ customerId, otp, referenceId }));
    if (!facts || !isRight) return undefined;
    const { mobile } = facts.customer;
    const isMasked = mobile === undefined || !/\d{7}/.test(mobile);
    expect("masked-mobile", "the mobile number is masked", isMasked, mobile ?? "absent", false);
    const expiry = expiryOf(facts.token);
    const seen = expiry ? `exp is ${expiry.toISOString()}` : "no exp: the gateway uses it until it is refused";
    expect("token-expiry", "the token is a JWT with exp", expiry !== null, seen, false);
    return facts.token;
  }

  /** @returns whether the service's credentials can read the points */
  async function checkReads(): Promise<boolean> {
    if (token !== undefined) {
      const own = await provider.points(customerId, { bearer: token });
      const isOwn = own.outcome === "confirmed" && own.facts.customer_id === customerId;
      expect("points", "the customer's token reads the customer's points", isOwn, wordsOf(own));
      if (otherCustomerId !== undefined) {
        const other = await provider.points(otherCustomerId, { bearer: token });
        const isKept = other.outcome !== "confirmed";
        expect("foreign-points", "the customer's token reads no other customer's points", isKept, wordsOf(other));
      } else
        note(
          "foreign-points",
          "the customer's token reads no other customer's points",
          "not checked",
          "name a second test customer with --other-customer",
        );
    } else {
      const why = "this needs the customer's token; once verify-otp holds, run the command again";
      note("points", "the customer's token reads the customer's points", "not checked", why);
      note("foreign-points", "the customer's token reads no other customer's points", "not checked", why);
    }
    const anonymous = await provider.points(customerId, "none");
    const isClosed = anonymous.outcome !== "confirmed";
    expect("points-closed", "points cannot be read without credentials", isClosed, wordsOf(anonymous));
    const basic = await provider.points(customerId);
    const isBasic = basic.outcome === "confirmed" && basic.facts.customer_id === customerId;
    settings["CLIENT_POINTS_AUTH"] = isBasic ? "basic" : "bearer";
    const consequence = isBasic
      ? "yes: orders are settled in the background for as long as it takes"
      : `no (${wordsOf(basic)}): an order that is uncertain after the customer's token has expired needs an operator`;
    note("basic-read", "the service's credentials read the points", "assumed", consequence, false);
    return isBasic;
  }

  /** @returns the points missing at the end; null if the balance is not readable */
  async function checkMoney(readPoints: () => ReturnType<Provider["points"]>, start: Balance): Promise<number | null> {
    const spent = new Map<string, number>();
    let last = start;
    /** Makes a call and returns the points that left the balance. Null if the balance is not readable. */
    const effectOf = async (work: () => Promise<Outcome<unknown>>) => {
      const answer = await work();
      const now = await balanceOf(readPoints);
      const effect = now && last.balance - now.balance;
      const earned = now && now.earned - last.earned;
      if (now) last = now;
      return { answer, effect, earned, seen: `${wordsOf(answer)}; ${effectWords(effect)}` };
    };
    const book = (orderId: string, effect: number | null) =>
      spent.set(orderId, (spent.get(orderId) ?? 0) + (effect ?? 0));
    const redeem = async (orderId: string, points: number, times = 1) => {
      const did = await effectOf(async () => {
        const answers = await Promise.all(
          Array.from({ length: times }, () => provider.redeem({ orderId, customerId, points })),
        );
        return answers.find(({ outcome }) => outcome !== "confirmed") ?? (answers[0] as Outcome<unknown>);
      });
      book(orderId, did.effect);
      return did;
    };
    const reverse = async (orderId: string, points: number, reason: string) => {
      const did = await effectOf(() => provider.reverse({ orderId, customerId, points, reason }));
      book(orderId, did.effect);
      return did;
    };
    const idOf = (what: string) => `TESSERA-CONFORMANCE-${what}-${randomUUID()}`;
    const words = new Map(moneyExpectations);
    const judge = (id: string, holds: boolean, seen: string, required = true) =>
      expect(id, words.get(id) ?? "", holds, seen, required);

    const order = idOf("A");
    const taken = await redeem(order, 4);
    judge("redeem", taken.answer.outcome === "confirmed" && taken.effect === 4, taken.seen);
    judge("earned-unchanged", taken.earned === 0, `points_earned changed by ${taken.earned ?? "an unknown number"}`);

    const again = await redeem(order, 4);
    const isRepeatable = again.answer.outcome === "confirmed" && again.effect === 0;
    const twins = isRepeatable ? await redeem(idOf("B"), 1, 2) : undefined;
    const isSafe = isRepeatable && twins?.answer.outcome === "confirmed" && twins.effect === 1;
    settings["CLIENT_REDEEM_REPEATABLE"] = String(isSafe);
    note("repeated-redeem", words.get("repeated-redeem") ?? "", "assumed", repetitionWords(again, isSafe, twins));

    const tooMuch = await redeem(idOf("C"), last.balance + 1);
    judge("overdraft", tooMuch.answer.outcome === "refused" && tooMuch.effect === 0, tooMuch.seen);
    for (const [name, points] of [
      ["zero", 0],
      ["negative", -1],
      ["half", 0.5],
    ] as const) {
      const bad = await redeem(idOf(name), points);
      judge(`${name}-points`, bad.answer.outcome !== "confirmed" && bad.effect === 0, bad.seen, points < 0);
    }
    const nobody = await effectOf(() =>
      provider.redeem({ orderId: idOf("D"), customerId: UNKNOWN_CUSTOMER, points: 1 }),
    );
    judge("redeem-unknown", nobody.answer.outcome === "refused", nobody.seen);
    const stranger = idOf("E");
    const open = await effectOf(() => provider.redeem({ orderId: stranger, customerId, points: 1 }, "none"));
    book(stranger, open.effect);
    judge("redeem-closed", open.answer.outcome !== "confirmed" && open.effect === 0, open.seen);

    const part = await reverse(order, 1, `Fulfilment failure (${order}/R1)`);
    judge("reverse", part.answer.outcome === "confirmed" && part.effect === -1, part.seen);
    judge("earned-after-reverse", part.earned === 0, `points_earned changed by ${part.earned ?? "an unknown number"}`);
    const partAgain = await reverse(order, 1, `Fulfilment failure (${order}/R1)`);
    const isReverseSafe = partAgain.answer.outcome === "confirmed" && partAgain.effect === 0;
    settings["CLIENT_REVERSE_REPEATABLE"] = String(isReverseSafe);
    note("repeated-reverse", words.get("repeated-reverse") ?? "", "assumed", repetitionWords(partAgain, isReverseSafe));
    const second = await reverse(order, 1, `Fulfilment failure (${order}/R2)`);
    judge("second-partial", second.answer.outcome === "confirmed" && second.effect === -1, second.seen);
    const excess = await reverse(order, 4, `Cancellation (${order}/R3)`);
    judge("excess-reverse", excess.answer.outcome === "refused" && excess.effect === 0, excess.seen, false);
    const unknownOrder = await effectOf(() =>
      provider.reverse({ orderId: idOf("F"), customerId, points: 1, reason: "Cancellation" }),
    );
    judge(
      "reverse-unknown",
      unknownOrder.answer.outcome === "refused" && unknownOrder.effect === 0,
      unknownOrder.seen,
      false,
    );

    let credited = 0;
    if (withCredit) {
      const reference = idOf("AWARD");
      const award = { reference, customerId, points: 2 };
      const given = await effectOf(() => provider.credit(award));
      const wasFulfilled = given.answer.outcome === "confirmed" && given.effect === -2 && given.earned === 2;
      judge("credit", wasFulfilled, `${given.seen}; points_earned changed by ${given.earned}`);
      const repeated = await effectOf(() => provider.credit(award));
      judge("repeated-credit", repeated.answer.outcome === "confirmed" && repeated.effect === 0, repeated.seen);
      const other = await effectOf(() => provider.credit({ ...award, points: 1 }));
      judge("other-credit", other.answer.outcome === "refused" && other.effect === 0, other.seen);
      credited = -[given, repeated, other].reduce((sum, { effect }) => sum + (effect ?? 0), 0);
    } else {
      for (const id of ["credit", "repeated-credit", "other-credit"]) {
        note(
          id,
          words.get(id) ?? "",
          "not checked",
          "add --credit: the test customer keeps the points that are credited",
          false,
        );
      }
    }

    // Returns all points that are still deducted, with a separate reversal of each order.
    let number = 4;
    for (const [orderId, points] of spent) {
      for (let tries = 0, left = points; left > 0 && tries < 3; tries += 1) {
        const back = await reverse(orderId, left, `Cancellation (${orderId}/R${number})`);
        number += 1;
        left += back.effect ?? 0;
      }
    }
    const end = await balanceOf(readPoints);
    const owed = end && start.balance + credited - end.balance;
    judge("restored", owed === 0, restoredWords(owed));
    return owed;
  }
}

/** Reads the points, up to three times, because a read has no effect. */
async function balanceOf(read: () => ReturnType<Provider["points"]>): Promise<Balance | null> {
  for (let tries = 0; tries < 3; tries += 1) {
    const answer = await read();
    if (answer.outcome === "confirmed") {
      return { balance: answer.facts.balance_points, earned: answer.facts.points_earned };
    }
  }
  return null;
}

function wordsOf(answer: Outcome<unknown>): string {
  if (answer.outcome === "confirmed") return `confirmed, HTTP ${answer.httpStatus}`;
  if (answer.outcome === "refused") return `refused, HTTP ${answer.httpStatus}: ${answer.message || "no message"}`;
  return `no usable answer: ${answer.problem}`;
}

function effectWords(effect: number | null): string {
  if (effect === null) return "the balance could not be read";
  if (effect === 0) return "the balance did not change";
  return effect > 0 ? `the balance fell by ${effect}` : `the balance rose by ${-effect}`;
}

function restoredWords(owed: number | null): string {
  if (owed === null) return "the balance could not be read";
  if (owed === 0) return "the balance is the same as at the beginning, but for the credits";
  return owed > 0 ? `${owed} points are missing` : `the balance has ${-owed} points too many`;
}

function repetitionWords(
  { answer, effect, seen }: { answer: Outcome<unknown>; effect: number | null; seen: string },
  isSafe: boolean,
  twins?: { seen: string },
): string {
  if (isSafe) return `a repetition is safe (${seen})`;
  if (twins) return `a later repetition is safe, one at the same moment is not (${twins.seen})`;
  if (effect !== 0) return `DANGER: a repetition takes effect again, or its effect is unknown (${seen})`;
  return answer.outcome === "refused"
    ? `a repetition is refused without an effect: lost answers are settled by the balance (${seen})`
    : `a repetition is not answered: lost answers are settled by the balance (${seen})`;
}

const signInExpectations: readonly (readonly [id: string, expects: string])[] = [
  ["wrong-otp", "a wrong one-time password is refused"],
  ["verify-otp", "the right one-time password is answered with the customer and a token"],
  ["single-use", "a one-time password can be used once"],
];

const moneyExpectations: readonly (readonly [id: string, expects: string])[] = [
  ["redeem", "redeem deducts exactly the points, and the next reading shows it"],
  ["earned-unchanged", "redeem leaves points_earned unchanged"],
  ["repeated-redeem", "a repeated redeem of the same order_id"],
  ["overdraft", "a redeem of more points than the balance is refused, and deducts nothing"],
  ["zero-points", "a redeem of 0 points is refused"],
  ["negative-points", "a redeem of negative points has no effect"],
  ["half-points", "a redeem of half a point is refused"],
  ["redeem-unknown", "a redeem of an unknown customer is refused"],
  ["redeem-closed", "a redeem without credentials has no effect"],
  ["reverse", "reverse returns exactly the points, also a part of them"],
  ["earned-after-reverse", "reverse leaves points_earned unchanged"],
  ["repeated-reverse", "a repeated reverse with the same reason"],
  ["second-partial", "a second partial reversal with another reason takes effect"],
  ["excess-reverse", "a reversal of more points than were deducted is refused"],
  ["reverse-unknown", "a reversal of an unknown order is refused"],
  ["credit", "credit adds exactly the points to the balance and to points_earned"],
  ["repeated-credit", "a repeated credit of the same reference is confirmed without an effect"],
  ["other-credit", "a used reference with other points is refused"],
  ["restored", "all deducted points are returned at the end"],
];
