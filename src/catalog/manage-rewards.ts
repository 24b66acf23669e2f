import { z } from "zod";
import { type Refusal, type Refused, refusal, refused } from "../domain/refusal.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { afterCommit, type Db, inTransaction, type Prisma, type Tx, violates } from "../platform/db.ts";
import { isVisible } from "../platform/visible-text.ts";
import { isOwn, languageTag, MAX_LANGUAGES, type RewardTexts } from "../texts/index.ts";
import { MIRRORED_SKU } from "./mirror/mirrored-reward.ts";
import { isFromPool, type Reward, toReward } from "./reward.ts";

export const name = z.string().trim().max(200).refine(isVisible, "is empty");
const prose = z.string().trim().max(10_000).refine(isVisible, "is empty");
export const link = z
  .string()
  .max(2_000)
  .refine((value) => /^\/(?![/\\])/.test(value) || (URL.canParse(value) && new URL(value).protocol === "https:"), {
    error: "must be a path on this server or an https URL",
  });
const whole = z.number().int().min(0);

const texts = z
  .array(
    z.object({ language: languageTag, name, description: prose, terms: prose.nullish(), howToUse: prose.nullish() }),
  )
  .max(MAX_LANGUAGES)
  .superRefine((given, { addIssue }) => {
    const seen = new Set<string>();
    for (const [place, { language }] of given.entries()) {
      if (seen.has(language)) addIssue({ code: "custom", path: [place, "language"], message: "is given twice" });
      seen.add(language);
    }
  })
  .transform(
    (given): Record<string, RewardTexts> =>
      Object.fromEntries(given.map(({ language, ...text }) => [language, withoutUndefined(text)])),
  );

export const details = z.object({
  name,
  description: prose,
  points: whole,
  brand: name,
  category: name,
  imageUrl: link,
  terms: prose.nullish(),
  howToUse: prose.nullish(),
  redemptionUrl: link.nullish(),
  validFrom: z.date().nullish(),
  validUntil: z.date().nullish(),
  limitPerCustomer: z.number().int().min(1).nullish(),
  active: z.boolean(),
  texts: texts.optional(),
});

export const creation = details.extend({
  sku: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,63}$/, "must be 2 to 64 letters, digits, or . _ -"),
  kind: z.enum(["E_GIFT_VOUCHER", "MERCHANDISE"], "must be E_GIFT_VOUCHER or MERCHANDISE"),
  stock: whole.max(2_147_483_647).nullish(),
});

export type CreateReward = z.input<typeof creation>;
export type UpdateReward = { [Field in keyof z.input<typeof details>]?: z.input<typeof details>[Field] | undefined };

export interface ManageRewards {
  create(input: unknown, operatorId: string): Promise<Reward | Refused>;
  /** Undefined keeps a field; null clears an optional field. */
  update(rewardId: string, input: Record<string, unknown>, operatorId: string): Promise<Reward | Refused>;
  archive(rewardId: string, operatorId: string): Promise<Reward | Refused>;
  adjustStock(
    rewardId: string,
    change: { by?: number | null | undefined; to?: number | null | undefined; unlimited?: boolean | null | undefined },
    note: string | undefined,
    operatorId: string,
  ): Promise<Reward | Refused>;
}

export const rewardNotFound = () => refused(refusal("REWARD_NOT_FOUND", "Reward not found.", ["input", "rewardId"]));

/** Capillary is the master of its rewards: the mirror's next run would undo a change made here. */
export const rewardIsMirrored = (field = "rewardId") =>
  refused(refusal("REWARD_IS_MIRRORED", "Capillary manages this reward: change it in Capillary.", ["input", field]));

/** Locks the reward until the transaction ends; null if it does not exist. */
export async function lockReward(tx: Tx, rewardId: string) {
  const [locked] = await tx.$queryRaw<{ id: string }[]>`
    select id from rewards where id = ${rewardId}::uuid for no key update`;
  return locked ? tx.reward.findUniqueOrThrow({ where: { id: rewardId } }) : null;
}

/**
 * @param deps.own the programme's language, whose texts are the reward's own fields
 * @param deps.changed called after the commit of any change except of stock
 */
export function makeManageRewards(deps: { db: Db; clock: Clock; own: string; changed(): void }): ManageRewards {
  const { db, clock, own, changed } = deps;
  const inOwnLanguage = (texts: Record<string, RewardTexts> | undefined): Refused | null => {
    const language = Object.keys(texts ?? {}).find((each) => isOwn(each, own));
    if (language === undefined) return null;
    const message = `texts: ${language} is the language of the reward's own name and description`;
    return refused(refusal("INVALID_INPUT", message, ["input", "texts"]));
  };

  return {
    async create(input, operatorId) {
      const parsed = creation.safeParse(input);
      if (!parsed.success) return invalid(parsed.error);
      const { data } = parsed;
      const languageProblem = inOwnLanguage(data.texts);
      if (languageProblem) return languageProblem;
      if (data.sku.startsWith(MIRRORED_SKU)) return rewardIsMirrored("sku");
      if (isFromPool({ kind: data.kind, source: "BIGCITY" }) && data.stock) {
        return refused(
          refusal("STOCK_INVALID", "A voucher's stock is its pool of codes: import codes instead.", ["input", "stock"]),
        );
      }
      const stock = data.kind === "E_GIFT_VOUCHER" ? 0 : (data.stock ?? null);
      const dateProblem = datesOutOfOrder(data.validFrom ?? null, data.validUntil ?? null);
      if (dateProblem) return dateProblem;
      try {
        return await inTransaction(db, async (tx) => {
          const row = await tx.reward.create({
            data: { ...withoutUndefined(stored(data)), stock, createdAt: clock.now() },
          });
          await audit(tx, { at: clock.now(), actor: operatorId, action: "reward.create", subject: row.sku });
          afterCommit(tx, changed);
          return toReward(row);
        });
      } catch (error) {
        if (!violates(error, "sku")) throw error;
        return refused(refusal("SKU_TAKEN", `A reward with the SKU ${data.sku} already exists.`, ["input", "sku"]));
      }
    },

    async update(rewardId, input, operatorId) {
      const parsed = details.partial().safeParse(input);
      if (!parsed.success) return invalid(parsed.error);
      const languageProblem = inOwnLanguage(parsed.data.texts);
      if (languageProblem) return languageProblem;
      const data = withoutUndefined(stored(parsed.data));
      return inTransaction(db, async (tx) => {
        const before = await lockReward(tx, rewardId);
        if (!before) return rewardNotFound();
        if (before.source === "CAPILLARY") return rewardIsMirrored();
        const merged = { ...before, ...data };
        const dateProblem = datesOutOfOrder(merged.validFrom, merged.validUntil);
        if (dateProblem) return dateProblem;
        const row = await tx.reward.update({ where: { id: rewardId }, data });
        afterCommit(tx, changed);
        await audit(tx, {
          at: clock.now(),
          actor: operatorId,
          action: "reward.update",
          subject: row.sku,
          details: { changed: Object.keys(data) },
        });
        return toReward(row);
      });
    },

    archive: (rewardId, operatorId) =>
      inTransaction(db, async (tx) => {
        const now = clock.now();
        const [row] = await tx.reward.updateManyAndReturn({
          where: { id: rewardId, OR: [{ archivedAt: null }, { vanishedAt: { not: null } }] },
          // the mirror archived it; the operator's decision makes that permanent
          data: { archivedAt: now, vanishedAt: null },
        });
        if (row) {
          await audit(tx, { at: now, actor: operatorId, action: "reward.archive", subject: row.sku });
          afterCommit(tx, changed);
          return toReward(row);
        }
        const archived = await tx.reward.findUnique({ where: { id: rewardId } });
        return archived ? toReward(archived) : rewardNotFound();
      }),

    adjustStock: (rewardId, change, note, operatorId) =>
      inTransaction(db, async (tx) => {
        const before = await lockReward(tx, rewardId);
        if (!before) return rewardNotFound();
        if (before.source === "CAPILLARY") return rewardIsMirrored();
        if (isFromPool(before)) {
          return refused(
            refusal("STOCK_INVALID", "A voucher's stock is its pool of codes: import codes instead.", [
              "input",
              "rewardId",
            ]),
          );
        }
        if (change.by != null && before.stock === null) {
          return refused(
            refusal(
              "STOCK_INVALID",
              "The stock is unlimited, so it cannot be increased or decreased. Set a number with `to`.",
              ["input", "change", "by"],
            ),
          );
        }
        const stock = change.unlimited ? null : (change.to ?? (before.stock ?? 0) + (change.by ?? 0));
        if (stock !== null && !whole.max(2_147_483_647).safeParse(stock).success) {
          return refused(
            refusal("STOCK_INVALID", `Stock would be ${stock}; it must be a whole number of 0 or more.`, [
              "input",
              "change",
            ]),
          );
        }
        if (change.unlimited === false) {
          return refused(
            refusal("STOCK_INVALID", "Only `true` means something here; give `to` to set a limit.", [
              "input",
              "change",
              "unlimited",
            ]),
          );
        }
        const row = await tx.reward.update({ where: { id: rewardId }, data: { stock } });
        await audit(tx, {
          at: clock.now(),
          actor: operatorId,
          action: "reward.adjust-stock",
          subject: row.sku,
          details: { from: before.stock, to: stock, note: note ?? null },
        });
        return toReward(row);
      }),
  };
}

/** Prisma's type of JSON has no optional keys. */
const stored = <T extends { texts?: Record<string, RewardTexts> | undefined }>({ texts, ...data }: T) => ({
  ...data,
  texts: texts as Prisma.InputJsonObject | undefined,
});

function invalid(error: z.ZodError): Refused {
  const [first, ...others] = error.issues.map(
    (issue): Refusal =>
      refusal("INVALID_INPUT", `${issue.path.join(".")}: ${issue.message}`, ["input", ...issue.path.map(String)]),
  );
  return refused(first ?? refusal("INVALID_INPUT", "The input is not valid."), ...others);
}

export function datesOutOfOrder(from: Date | null, until: Date | null): Refused | null {
  if (!from || !until || from < until) return null;
  return refused(refusal("INVALID_INPUT", "validUntil: must be later than validFrom", ["input", "validUntil"]));
}

/** Prisma leaves a field unchanged only if its key is absent. */
export function withoutUndefined<T extends object>(data: T) {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
}
