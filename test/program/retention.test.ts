import { expect, test } from "vitest";
import { makePictures } from "../../src/catalog/pictures/pictures.ts";
import { openDb } from "../../src/platform/db.ts";
import { makeSweep } from "../../src/program/retention.ts";
import { DAY, makeTestClock } from "../support/clock.ts";
import { cloneDatabase } from "../support/gateway.ts";
import { captureLog } from "../support/log.ts";

const days = {
  challenges: 7,
  sessions: 30,
  idempotencyKeys: 90,
  deliveries: 60,
  addresses: 365,
  messages: 200,
  quarantine: 180,
  ledgerEntries: 400,
};

test("challenges, sessions, tokens, keys and deliveries are deleted after their retention, and no sooner", async () => {
  const clock = makeTestClock();
  const db = openDb(await cloneDatabase(), 2);
  const ago = (days: number) => new Date(clock.now().getTime() - days * DAY);
  const bytes = (text: string) => new Uint8Array(Buffer.from(text));
  const count = async () => ({
    challenges: await db.otpChallenge.count(),
    sessions: await db.session.count(),
    refreshTokens: await db.refreshToken.count(),
    idempotencyKeys: await db.idempotencyKey.count(),
    deliveries: await db.webhookDelivery.count(),
  });

  async function fill(name: string, extraDays: number): Promise<void> {
    const at = (days: number) => ago(days + extraDays);
    const { challenges, sessions, idempotencyKeys, deliveries } = days;
    await db.otpChallenge.create({
      data: {
        customerId: name,
        addressHash: bytes(name),
        createdAt: at(challenges),
        expiresAt: at(challenges),
        resendAfter: at(challenges),
      },
    });
    for (const [over, ended] of [
      [{ expiresAt: at(sessions) }, false],
      [{ expiresAt: ago(-90), endedAt: at(sessions) }, true],
    ] as const) {
      const session = await db.session.create({
        data: { customerId: name, clientToken: bytes("t"), createdAt: at(100), ...over },
      });
      await db.refreshToken.create({
        data: { tokenHash: bytes(`${name}${ended}`), sessionId: session.id, issuedAt: at(100), expiresAt: ago(-1) },
      });
    }
    const living = await db.session.create({
      data: { customerId: name, clientToken: bytes("t"), createdAt: at(100), expiresAt: ago(-90) },
    });
    await db.refreshToken.create({
      data: { tokenHash: bytes(`${name} old`), sessionId: living.id, issuedAt: at(100), expiresAt: at(sessions) },
    });
    await db.idempotencyKey.create({
      data: {
        ...{ actor: "a", mutation: "placeOrder", key: name, inputHash: bytes("h") },
        orderId: "00000000-0000-0000-0000-000000000000",
        createdAt: at(idempotencyKeys),
      },
    });
    await db.webhookDelivery.create({
      data: { id: name, bodyHash: bytes("h"), outcome: "applied", receivedAt: at(deliveries) },
    });
  }

  const sweep = makeSweep({ db, clock, days });
  await fill("just kept", -0.01);
  const before = await count();
  await sweep();
  expect(await count()).toEqual(before);
  await fill("just over", 0.01);
  await sweep();
  // A live session is kept; its long expired refresh token is not.
  expect(await count()).toEqual({ ...before, sessions: before.sessions + 1 });
  await db.$disconnect();
});

test("addresses, messages and the provider's entries are erased after their retention, and no sooner", async () => {
  const clock = makeTestClock();
  const db = openDb(await cloneDatabase(), 2);
  const old = (kept: number, extraDays: number) => new Date(clock.now().getTime() - (kept + extraDays) * DAY);
  async function fill(
    name: string,
    extraDays: number,
    status: "FULFILLED" | "PROCESSING" = "FULFILLED",
  ): Promise<void> {
    const cart = await db.cart.create({ data: { customerId: name, status: "ORDERED" } });
    await db.order.create({
      data: {
        ...{ number: name, customerId: name, cartId: cart.id, status, total: 0n, shippingAddress: { name: "Asha" } },
        placedAt: old(days.addresses, extraDays),
      },
    });
    await db.rewardMessage.create({
      data: {
        ...{ ticketId: name, ticketGiven: false, digest: name, source: "HTTP", actor: "a", action: "register" },
        ...{ payload: `{"id":"${name}"}`, normalisations: [], answer: {} },
        receivedAt: old(days.messages, extraDays),
      },
    });
    const receivedAt = old(days.quarantine, extraDays);
    await db.quarantinedReward.create({
      data: {
        fingerprint: name,
        source: "HTTP",
        actor: "a",
        payload: name,
        problems: [],
        receivedAt,
        lastReceivedAt: receivedAt,
      },
    });
    await db.ledgerEntry.create({
      data: {
        ...{ entryId: name, customerId: name, type: "CREDIT", points: 1n, importedAt: clock.now() },
        at: old(days.ledgerEntries, extraDays),
      },
    });
  }
  await fill("just kept", -0.01);
  await fill("just over", 0.01);
  await fill("in progress", 0.01, "PROCESSING");
  await makeSweep({ db, clock, days })();

  const orders = await db.order.findMany({ orderBy: { number: "asc" } });
  expect(orders.map(({ number, shippingAddress }) => [number, shippingAddress !== null])).toEqual([
    ["in progress", true],
    ["just kept", true],
    ["just over", false],
  ]);
  const messages = await db.rewardMessage.findMany({ orderBy: { ticketId: "asc" } });
  expect(messages.map(({ payload }) => payload)).toEqual(["{}", '{"id":"just kept"}', "{}"]);
  expect((await db.quarantinedReward.findMany()).map(({ payload }) => payload)).toEqual(["just kept"]);
  expect((await db.ledgerEntry.findMany()).map(({ entryId }) => entryId)).toEqual(["just kept"]);
  // Outside of a sweep and an erasure, messages are still append-only.
  await expect(db.$executeRaw`update reward_messages set payload = ''`).rejects.toThrow(/append-only/);
  await db.$disconnect();
});

test("lines of long settled orders are deleted; those of open carts, open orders and integrators stay", async () => {
  const clock = makeTestClock();
  const db = openDb(await cloneDatabase(), 2);
  const { id: rewardId } = await db.reward.create({
    data: {
      ...{ sku: "S", name: "N", description: "D", kind: "MERCHANDISE", points: 1n, brand: "B", category: "C" },
      imageUrl: "/none.svg",
    },
  });
  async function fill(
    name: string,
    more: {
      extraDays?: number;
      status?: "FULFILLED" | "PENDING";
      pointsState?: "TAKEN" | "UNCERTAIN";
      isIntegrators?: boolean;
    } = {},
  ): Promise<void> {
    const { extraDays = 0.01, status = "FULFILLED", pointsState = "TAKEN", isIntegrators = false } = more;
    const lines = { create: { rewardId, quantity: 1, seenPoints: 1n } };
    const named = isIntegrators ? { number: 10_000_000_001n, reference: name } : {};
    const cart = await db.cart.create({ data: { customerId: name, status: "ORDERED", lines, ...named } });
    const placedAt = new Date(clock.now().getTime() - (days.idempotencyKeys + extraDays) * DAY);
    await db.order.create({
      data: { number: name, customerId: name, cartId: cart.id, status, pointsState, total: 0n, placedAt },
    });
  }
  await db.cart.create({ data: { customerId: "open", lines: { create: { rewardId, quantity: 1, seenPoints: 1n } } } });
  await fill("recent", { extraDays: -0.01 });
  await fill("in progress", { status: "PENDING" });
  await fill("not certain", { pointsState: "UNCERTAIN" });
  await fill("integrator's", { isIntegrators: true });
  await fill("settled");
  const sweep = makeSweep({ db, clock, days });
  await Promise.all([sweep(), sweep()]);
  const kept = await db.cart.findMany({ where: { lines: { some: {} } }, orderBy: { customerId: "asc" } });
  expect(kept.map(({ customerId }) => customerId)).toEqual([
    ...["in progress", "integrator's", "not certain", "open", "recent"],
  ]);
  await db.$disconnect();
});

test("an uploaded picture is deleted after 30 days, unless a reward, an overlay or the brand shows it", async () => {
  const clock = makeTestClock();
  const db = openDb(await cloneDatabase(), 2);
  const hash = (letter: string) => letter.repeat(64);
  const store = (letter: string, daysAgo: number) =>
    db.picture.create({
      data: {
        hash: hash(letter),
        type: "image/webp",
        width: 400,
        height: 300,
        bytes: new Uint8Array([1]),
        uploadedBy: "operator",
        uploadedAt: new Date(clock.now().getTime() - daysAgo * DAY),
      },
    });
  for (const letter of ["a", "b", "c", "e"]) await store(letter, 31);
  await store("d", 29);
  const path = (letter: string) => `/images/pictures/${hash(letter)}.webp`;
  const words = { name: "Tea", description: "Tea", brand: "Tea", category: "Home" };
  const reward = (sku: string, imageUrl: string) =>
    db.reward.create({ data: { ...words, sku, imageUrl, kind: "MERCHANDISE", points: 100n } });
  await reward("SHOWN", path("a"));
  const mirrored = await reward("MIRRORED", "https://pictures.test/tea.png");
  await db.rewardOverlay.create({
    data: { rewardId: mirrored.id, imageUrl: path("b"), changedBy: "operator", changedAt: clock.now() },
  });
  await db.brand.create({ data: { logoHash: hash("e"), changedBy: "operator", changedAt: clock.now() } });
  const { log } = await captureLog();
  const pictures = makePictures({ db, objects: undefined, storesObjects: false, clock, log });
  await makeSweep({ db, clock, days, also: [pictures.sweep] })();
  const left = await db.picture.findMany({ orderBy: { hash: "asc" }, select: { hash: true } });
  expect(left.map((picture) => picture.hash)).toEqual([hash("a"), hash("b"), hash("d"), hash("e")]);
  await db.$disconnect();
});
