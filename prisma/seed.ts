import { randomInt } from "node:crypto";
import { insertVouchers } from "../src/catalog/import-voucher-codes.ts";
import type { VoucherVault } from "../src/catalog/voucher-vault.ts";
import type { DrawStore } from "../src/draws/draw.store.ts";
import { sampleDraw } from "../src/draws/sample-draw.ts";
import type { Clock } from "../src/platform/clock.ts";
import { type Db, inTransaction, type Tx } from "../src/platform/db.ts";
import { toStoredRule } from "../src/rules/rule.store.ts";
import { sampleProgramme } from "../src/rules/sample-programme.ts";
import { sampleNames } from "./sample/names.ts";
import { sampleRewards } from "./sample/rewards.ts";
import { hindi } from "./sample/texts-hi.ts";
import { indonesian } from "./sample/texts-id.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
const CODE_CHARACTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/** Fills an empty catalogue and an empty programme with sample data. Existing rows are not changed. */
export async function seedSampleWorld(
  db: Db,
  { vault, draws, clock }: { vault: VoucherVault; draws: DrawStore; clock: Clock },
): Promise<void> {
  const now = clock.now();
  await inTransaction(db, async (tx) => {
    await tx.$executeRaw`select pg_advisory_xact_lock(hashtext('tessera.seed'))`;
    await seedProgramme(tx, draws, now);
    await seedNames(tx);
    if ((await tx.reward.count({ where: { source: "BIGCITY" } })) > 0) return;
    const rows = await tx.reward.createManyAndReturn({
      data: sampleRewards.map(({ voucherCodes, listedDaysAgo, validFrom, validUntil, stock, ...reward }) => ({
        ...reward,
        texts: textsOf(reward.sku),
        validFrom: validFrom ? new Date(validFrom) : null,
        validUntil: validUntil ? new Date(validUntil) : null,
        stock: reward.kind === "E_GIFT_VOUCHER" ? (voucherCodes ?? 0) : (stock ?? null),
        createdAt: new Date(now.getTime() - listedDaysAgo * DAY_MS),
      })),
      select: { id: true, sku: true },
    });
    const codes = sampleRewards.flatMap(({ sku, brand, voucherCodes = 0 }) => {
      const rewardId = rows.find((row) => row.sku === sku)?.id ?? "";
      const validUntil = new Date(now.getTime() + 365 * DAY_MS).toISOString().slice(0, 10);
      return Array.from({ length: voucherCodes }, () =>
        vault.seal({
          rewardId,
          code: `${brand
            .replace(/[^A-Za-z]/g, "")
            .slice(0, 3)
            .toUpperCase()}-${random(4)}-${random(4)}`,
          pin: String(randomInt(1000, 10_000)),
          validUntil,
        }),
      );
    });
    await insertVouchers(tx, codes);
  });
}

async function seedProgramme(tx: Tx, draws: DrawStore, now: Date): Promise<void> {
  if ((await tx.rewardRule.count()) > 0) return;
  await draws.open(tx, sampleDraw, now);
  await tx.rewardRule.createMany({
    data: sampleProgramme.map((rule) => ({ ...toStoredRule(rule), createdBy: "seed", createdAt: now })),
  });
}

/** Does not change existing translations. */
async function seedNames(tx: Tx): Promise<void> {
  if ((await tx.translation.count()) > 0) return;
  await tx.translation.createMany({
    data: sampleNames.flatMap(([text, hi, id]) => [
      { text, language: "hi", translation: hi },
      { text, language: "id", translation: id },
    ]),
  });
}

/** The translated names and descriptions of a reward. Terms are in English only. */
function textsOf(sku: string) {
  const texts = Object.entries({ hi: hindi, id: indonesian }).flatMap(([language, bySku]) => {
    const [name, description] = bySku[sku] ?? [];
    return name && description ? [[language, { name, description }] as const] : [];
  });
  return Object.fromEntries(texts);
}

const random = (length: number) =>
  Array.from({ length }, () => CODE_CHARACTERS[randomInt(CODE_CHARACTERS.length)]).join("");
