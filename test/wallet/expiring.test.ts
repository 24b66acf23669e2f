import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nextExpiries } from "../../src/domain/expiring-points.ts";
import { customerPoints } from "../../src/upstream/client-points/wire.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

describe("expiries", () => {
  const now = new Date("2026-11-29T12:00:00Z");

  test("are whole points by day, the soonest first, without days that are over", () => {
    const told = [
      { points: 10.5, date: "2027-01-31" },
      { points: 5, date: "2026-12-31" },
      { points: 0.6, date: "2027-01-31" },
      { points: 0.4, date: "2027-02-01" },
      { points: 7, date: "2026-11-28" },
      { points: 1, date: "2026-11-29" },
    ];
    expect(nextExpiries(told, now)).toEqual([
      { points: 1, date: "2026-11-29" },
      { points: 5, date: "2026-12-31" },
      { points: 11, date: "2027-01-31" },
    ]);
  });

  test("are at most 12 days", () => {
    const told = Array.from({ length: 28 }, (_, day) => ({
      points: 1,
      date: `2027-02-${String(day + 1).padStart(2, "0")}`,
    }));
    expect(nextExpiries(told.toReversed(), now).map(({ date }) => date.slice(-2))).toEqual(
      told.slice(0, 12).map(({ date }) => date.slice(-2)),
    );
  });

  test.each([
    ["nothing", {}, null],
    ["no list", { points_expiring: "soon" }, null],
    ["a list of something else", { points_expiring: [{ points: -4, expiry_date: "2027-02-01" }] }, null],
    ["none", { points_expiring: [] }, []],
    [
      "points as text",
      { points_expiring: [{ points: "4", expiry_date: "2027-02-01" }] },
      [{ points: 4, date: "2027-02-01" }],
    ],
  ])("of an answer with %s leave the balance readable", (_, more, expiring) => {
    const answer = { status: true, customer_id: "C", points_earned: 5, balance_points: 4, ...more };
    expect(customerPoints.parse(answer)).toMatchObject({ balance_points: 4, points_expiring: expiring });
  });
});

describe("a wallet", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway[Symbol.asyncDispose]());
  const document =
    "{ me { wallet { expiring { points date } } groupWallets { externalId expiring { points date } } } }";
  interface Told {
    me: { wallet: { expiring: object[] | null }; groupWallets: { externalId: string; expiring: object[] | null }[] };
  }

  test("has no expiries if the points provider reports none", async () => {
    const { me } = await (await gateway.customer()).ok<Told>(document);
    expect(me).toEqual({ wallet: { expiring: null }, groupWallets: [] });
  });

  test("has the points provider's expiries, and for a group those of the paying programme", async () => {
    const customer = await gateway.customer({ customerId: "CUST12345" });
    const { me } = await customer.ok<Told>(document);
    expect(me.wallet.expiring).toMatchObject([{ points: 400 }, { points: 650 }]);
    const family = me.groupWallets.find(({ externalId }) => externalId === "famgroup11");
    expect(family?.expiring).toHaveLength(1);
  });
});
