import { expect, test } from "vitest";
import { openDb } from "../../src/platform/db.ts";
import { makeSweep, RETENTION_DAYS } from "../../src/program/retention.ts";
import { DAY, makeTestClock } from "../support/clock.ts";
import { cloneDatabase } from "../support/gateway.ts";

test("challenges, sessions, tokens, keys and deliveries are deleted after their days, and no sooner", async () => {
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
    const { challenges, sessions, idempotencyKeys, deliveries } = RETENTION_DAYS;
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

  const sweep = makeSweep({ db, clock });
  await fill("just kept", -0.01);
  const before = await count();
  await sweep();
  expect(await count()).toEqual(before);
  await fill("just over", 0.01);
  await sweep();
  // A session that lives is kept; its refresh token that has long expired is not.
  expect(await count()).toEqual({ ...before, sessions: before.sessions + 1 });
  await db.$disconnect();
});
