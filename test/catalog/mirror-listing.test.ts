import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { makeMirrorStore } from "../../src/catalog/mirror/mirror.store.ts";
import { toMirrored, walletsFor } from "../../src/catalog/mirror/mirrored-reward.ts";
import { makeSyncCatalog, type SyncCatalogDeps } from "../../src/catalog/mirror/sync-catalog.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { type Db, openDb } from "../../src/platform/db.ts";
import { makeExclusive } from "../../src/platform/exclusive.ts";
import { makeLogger } from "../../src/platform/logger.ts";
import type { Page } from "../../src/upstream/capillary/catalogue.ts";
import type { CapillaryReward, PaymentConfig } from "../../src/upstream/capillary/wire/reward.ts";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";
import { cloneDatabase } from "../support/gateway.ts";

const log = await makeLogger({ level: "silent", pretty: false });
const reward = (id: number | string, more: Partial<CapillaryReward> = {}): CapillaryReward => ({
  id: String(id),
  externalId: null,
  name: `Reward ${id}`,
  description: null,
  imageUrl: null,
  thumbnailUrl: null,
  termsUrl: null,
  termsText: null,
  texts: [],
  type: "VOUCHER",
  redemptionType: "INTOUCH_REWARD",
  vendor: null,
  isEnabled: true,
  startsAt: null,
  endsAt: null,
  updatedAt: null,
  categories: [],
  shelves: [],
  points: 10,
  paymentConfigs: [],
  priority: null,
  tier: null,
  label: null,
  customFields: {},
  ...more,
});
const config = (mode: string, points: number | null = null): PaymentConfig => ({
  id: mode,
  mode,
  points,
  cash: null,
  conversionRatio: null,
});

describe("reading a catalogue", () => {
  const size = 2;
  let databaseUrl: string;
  let db: Db;
  beforeAll(async () => {
    databaseUrl = await cloneDatabase();
    db = openDb(databaseUrl, 4);
  });
  afterAll(() => db.$disconnect());
  beforeEach(async () => {
    await db.reward.deleteMany();
    await db.catalogSync.deleteMany();
  });

  type PageOf = (page: number) => Page<CapillaryReward> | Promise<Page<CapillaryReward>>;
  /** Two at a time; the row at an odd place may be unreadable. */
  const pagesOf =
    (ids: readonly (number | null)[]): PageOf =>
    (page) => {
      const there = ids.slice(page * size, (page + 1) * size);
      const rows = there.flatMap((id) => (id === null ? [] : [reward(id)]));
      return { rows, unreadable: there.length - rows.length, isLast: there.length !== size };
    };
  const syncing = (cataloguePage: PageOf, more: Partial<SyncCatalogDeps> = {}) =>
    makeSyncCatalog({
      catalogue: {
        brand: async () => ({ id: "1", name: "The Brand", isEnabled: true }),
        cataloguePage: async ({ page }) => cataloguePage(page),
        reward: async () => null,
      },
      store: makeMirrorStore(db),
      exclusive: makeExclusive(databaseUrl),
      ownLanguage: "en",
      ledger: "client",
      changed() {},
      pageSize: size,
      clock: systemClock,
      log,
      ...more,
    });
  const onOffer = async () =>
    (await db.reward.findMany({ where: { archivedAt: null }, orderBy: { sku: "asc" } })).map(({ sku }) => sku);
  const skus = (...ids: number[]) => ids.map((id) => `CAP-${id}`);

  test.each<[string, PageOf]>([
    ["a later page fails", (page) => (page === 1 ? fail() : pagesOf([1, 2, 4])(page))],
    ["it comes empty", pagesOf([])],
    ["a row cannot be read", pagesOf([1, null, 2])],
    ["every page is the first one", () => pagesOf([1, 2])(0)],
    ["a reward has no id to know it by", () => ({ rows: [reward("a b")], unreadable: 0, isLast: true })],
  ])("nothing is archived when %s", async (_, pages) => {
    await syncing(pagesOf([1, 2, 3]))();
    expect(await syncing(pages)()).toEqual({ added: 0, changed: 0, archived: 0, problem: expect.any(String) });
    expect(await onOffer()).toEqual(skus(1, 2, 3));
  });

  test("takes over the rows that were read before a page failed", async () => {
    expect(await syncing((page) => (page === 1 ? fail() : pagesOf([1, 2, 3])(page)))()).toMatchObject({ added: 2 });
    expect(await onOffer()).toEqual(skus(1, 2));
  });

  test("a reward that moved between two pages during the reading is not archived", async () => {
    await syncing(pagesOf([1, 2, 3, 4, 5]))();
    let asked = 0;
    // The first is removed after the first page was read, so the third moves up to the page that was already read.
    const slipping: PageOf = (page) => pagesOf(asked++ === 0 ? [1, 2, 3, 4, 5] : [2, 3, 4, 5])(page);
    expect(await syncing(slipping)()).toMatchObject({ archived: 0, problem: null });
    expect(await syncing(pagesOf([2, 3, 4, 5]))()).toMatchObject({ archived: 1, problem: null });
    expect(await onOffer()).toEqual(skus(2, 3, 4, 5));
  });

  test("a page that ignores its size has every reward", async () => {
    const all: PageOf = () => ({ rows: [1, 2, 3].map((id) => reward(id)), unreadable: 0, isLast: true });
    expect(await syncing(all)()).toEqual({ added: 3, changed: 0, archived: 0, problem: null });
  });

  test("a reward with the SKU of one of the programme's own leaves that one unchanged", async () => {
    const ours = { sku: "CAP-1", name: "Ours", description: "d", kind: "MERCHANDISE", points: 1n } as const;
    await db.reward.create({ data: { ...ours, brand: "b", category: "c", imageUrl: "/x" } });
    expect(await syncing(pagesOf([1, 2, 3]))()).toMatchObject({ added: 2 });
    expect(await db.reward.findUnique({ where: { sku: "CAP-1" } })).toMatchObject({ name: "Ours", source: "BIGCITY" });
  });

  test("a description and terms that the list omits stay unchanged", async () => {
    const once = (more: Partial<CapillaryReward>): PageOf => {
      return () => ({ rows: [reward(1, more)], unreadable: 0, isLast: true });
    };
    await syncing(once({ description: "Long.", termsText: "Strict." }))();
    expect(await syncing(once({}))()).toMatchObject({ changed: 0 });
    expect(await db.reward.findUnique({ where: { sku: "CAP-1" } })).toMatchObject({
      description: "Long.",
      terms: "Strict.",
    });
  });

  test("without a description from Capillary, the description defaults to the reward's name", async () => {
    const named = (name: string): PageOf => {
      return () => ({ rows: [reward(1, { name })], unreadable: 0, isLast: true });
    };
    await syncing(named("Kite"))();
    await syncing(named("Red kite"))();
    expect(await db.reward.findUnique({ where: { sku: "CAP-1" } })).toMatchObject({ description: "Red kite" });
  });

  test("a text that the database cannot store does not block the other rewards", async () => {
    const bad = "a\0b\ud800c";
    const rows = [
      reward(1, { name: bad, description: bad, termsText: bad, vendor: bad, shelves: [bad], imageUrl: bad }),
      reward(2, { paymentConfigs: [{ ...config(bad, 10), id: bad }] }),
      reward(3),
    ];
    expect(await syncing(() => ({ rows, unreadable: 0, isLast: true }))()).toMatchObject({ added: 3, problem: null });
  });

  async function locksWaitedFor(): Promise<number> {
    const [row] = await db.$queryRaw<{ count: number }[]>`
      select count(*)::int as count from pg_locks join pg_database on pg_database.oid = pg_locks.database
      where locktype = 'advisory' and not granted and datname = current_database()`;
    return row?.count ?? 0;
  }

  test("one process reads at a time, and a caller that does not wait gets a problem report", async () => {
    let inside = 0;
    let most = 0;
    const othersWait = Promise.withResolvers<void>();
    const held: PageOf = async (page) => {
      most = Math.max(most, ++inside);
      await othersWait.promise;
      inside -= 1;
      return pagesOf([1, 2, 3])(page);
    };
    const processes = Array.from({ length: 3 }, () => syncing(held)());
    await expect.poll(locksWaitedFor, { timeout: 60_000 }).toBe(2);
    othersWait.resolve();
    const reports = await Promise.all(processes);
    expect(most).toBe(1);
    expect(reports.map(({ added }) => added).sort()).toEqual([0, 0, 3]);

    const gate = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const first = syncing(async (page) => {
      entered.resolve();
      await gate.promise;
      return pagesOf([1, 2, 3])(page);
    })();
    await entered.promise;
    expect(await syncing(pagesOf([1, 2, 3]))({ waitMs: 1 })).toMatchObject({ problem: "Another run is under way." });
    gate.resolve();
    expect(await first).toMatchObject({ problem: null });
  });

  test("the background does not repeat another process's recent run", async () => {
    await syncing(pagesOf([1]))();
    expect(await syncing(pagesOf([1, 2]))({ unlessWithinMs: 60_000 })).toMatchObject({ added: 0, problem: null });
    const later = { now: () => new Date(Date.now() + 61_000) };
    expect(await syncing(pagesOf([1, 2]), { clock: later })({ unlessWithinMs: 60_000 })).toMatchObject({ added: 1 });
  });

  test("a stopped run archives nothing and is not recorded as a failure", async () => {
    await syncing(pagesOf([1, 2, 3]))();
    const stopping = new AbortController();
    const stopped = syncing((page) => {
      stopping.abort();
      return pagesOf([1, 2])(page);
    });
    expect(await stopped({ signal: stopping.signal })).toMatchObject({ archived: 0, problem: expect.any(String) });
    expect(await makeMirrorStore(db).lastRun()).toMatchObject({ problem: null });
    expect(await onOffer()).toEqual(skus(1, 2, 3));
  });

  function fail(): never {
    throw new UpstreamError({ service: "capillary", operation: "catalogue-page", outcome: "transient" }, "down");
  }
});

describe("the wallets for", () => {
  const all = ["INDIVIDUAL", "GROUP"];
  test.each<[string, number | null, PaymentConfig[], string[], string[]]>([
    ["points without a config", 10, [], ["GROUP"], all],
    ["no wallet without a payment configuration", 0, [], ["INDIVIDUAL"], ["INDIVIDUAL"]],
    ["no price at all", null, [], ["INDIVIDUAL"], ["INDIVIDUAL"]],
    ["POINTS", 10, [config("POINTS", 10)], ["GROUP"], all],
    ["POINTS or FREE", 10, [config("POINTS", 10), config("FREE")], all, all],
    ["FREE with points beside it", 10, [config("FREE")], ["INDIVIDUAL"], []],
    ["CASH", 10, [config("CASH")], [], []],
    ["POINTS_CASH", 10, [config("POINTS_CASH", 10)], [], []],
    ["CONV_RATIO", null, [config("CONV_RATIO")], [], []],
    ["a way not known yet", 10, [config("BARTER")], [], []],
    ["a fraction of a point", 10.5, [config("POINTS", 10.5)], [], []],
    ["a fraction of a point, or FREE", 10.5, [config("POINTS", 10.5), config("FREE")], ["INDIVIDUAL"], []],
    ["a negative price", -1, [config("FREE")], [], []],
  ])("%s", (_, points, paymentConfigs, ofClient, ofCapillary) => {
    expect(walletsFor({ points, paymentConfigs }, "client")).toEqual(ofClient);
    expect(walletsFor({ points, paymentConfigs }, "capillary")).toEqual(ofCapillary);
  });
});

describe("a mapped reward", () => {
  const mirrored = (more: Partial<CapillaryReward>) =>
    toMirrored(reward(1, more), { brandName: "The Brand", ledger: "client" });

  test("costs whole points, never less than at Capillary", () => {
    expect(mirrored({ points: 10.001 })).toMatchObject({ points: 11, active: true });
  });
  test.each<[string, Partial<CapillaryReward>]>([
    ["a negative price", { points: -1 }],
    ["a price beyond counting", { points: 1e300 }],
    ["an end before its beginning", { startsAt: new Date("2027-01-02"), endsAt: new Date("2027-01-01") }],
    ["been disabled", { isEnabled: false }],
  ])("is not on offer if it has %s", (_, more) => {
    expect(mirrored(more)).toMatchObject({ active: false });
  });
  test("has no dates that cannot be stored, no NUL, and no overlong name", () => {
    expect(mirrored({ endsAt: new Date(8.64e15), name: `a\0${"b".repeat(300)}` })).toMatchObject({
      validUntil: null,
      name: `a${"b".repeat(199)}`,
    });
  });
  test("defaults to the programme's brand and a default category", () => {
    expect(mirrored({})).toMatchObject({ brand: "The Brand", category: "More rewards", sku: "CAP-1" });
    expect(mirrored({ categories: ["a"], shelves: ["b"], vendor: "V" })).toMatchObject({ category: "a", brand: "V" });
  });
});
