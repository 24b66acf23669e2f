import { type Refused, refusal, refused } from "../domain/refusal.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction } from "../platform/db.ts";

const MOST = 100;

export interface SavingGoal {
  customerId: string;
  rewardId: string;
  since: Date;
}

export interface Wishes {
  /** Ids of rewards, the newest wish first. */
  of(customerId: string): Promise<string[]>;
  /** The subset of these rewards that is on the customer's wish list. */
  among(customerId: string, rewardIds: readonly string[]): Promise<Set<string>>;
  /** Refused for a reward outside the catalogue, and beyond 100 wishes. */
  set(customerId: string, rewardId: string, isWished: boolean): Promise<Refused | null>;
  goalOf(customerId: string): Promise<SavingGoal | null>;
  /** Puts the reward on the list, too; null ends the goal. Refused like `set`. */
  setGoal(customerId: string, rewardId: string | null): Promise<Refused | null>;
}

export function makeWishes({ db, clock }: { db: Db; clock: Clock }): Wishes {
  const isShown = { archivedAt: null, active: true };
  async function set(customerId: string, rewardId: string, isWished: boolean): Promise<Refused | null> {
    const wish = { customerId, rewardId };
    if (!isWished) {
      await db.wish.deleteMany({ where: wish });
      return null;
    }
    const [isKnown, count] = await Promise.all([
      db.reward.findFirst({ where: { id: rewardId, ...isShown }, select: { id: true } }),
      db.wish.count({ where: { customerId, NOT: { rewardId } } }),
    ]);
    const field = ["input", "rewardId"];
    if (!isKnown) return refused(refusal("REWARD_NOT_FOUND", "Reward not found.", field));
    if (count >= MOST) {
      const message = `A wish list holds ${MOST} rewards. Take one off first.`;
      return refused(refusal("WISH_LIST_FULL", message, field));
    }
    await db.wish.createMany({ data: [{ ...wish, createdAt: clock.now() }], skipDuplicates: true });
    return null;
  }

  return {
    async of(customerId) {
      const rows = await db.wish.findMany({
        where: { customerId, reward: isShown },
        orderBy: [{ createdAt: "desc" }, { rewardId: "desc" }],
        take: MOST,
        select: { rewardId: true },
      });
      return rows.map(({ rewardId }) => rewardId);
    },

    async among(customerId, rewardIds) {
      const where = { customerId, rewardId: { in: [...rewardIds] } };
      return new Set((await db.wish.findMany({ where, select: { rewardId: true } })).map(({ rewardId }) => rewardId));
    },

    set,

    async goalOf(customerId) {
      const goal = await db.wish.findFirst({ where: { customerId, goalSince: { not: null }, reward: isShown } });
      return goal?.goalSince ? { customerId, rewardId: goal.rewardId, since: goal.goalSince } : null;
    },

    async setGoal(customerId, rewardId) {
      const refusedBy = rewardId === null ? null : await set(customerId, rewardId, true);
      if (refusedBy) return refusedBy;
      await inTransaction({ db, lane: `customer ${customerId}` }, async (tx) => {
        await tx.$queryRaw`select from customers where customer_id = ${customerId} for update`; // one at a time
        const others = rewardId === null ? {} : { NOT: { rewardId } };
        await tx.wish.updateMany({
          where: { customerId, goalSince: { not: null }, ...others },
          data: { goalSince: null },
        });
        if (rewardId === null) return;
        await tx.wish.updateMany({
          where: { customerId, rewardId, goalSince: null },
          data: { goalSince: clock.now() },
        });
      });
      return null;
    },
  };
}
