-- AlterTable
ALTER TABLE "reward_awards" ADD COLUMN     "due_at" TIMESTAMPTZ(3),
ADD COLUMN     "under_way_until" TIMESTAMPTZ(3);


-- By hand from here on.

ALTER TABLE "reward_awards"
    ADD CONSTRAINT "reward_awards_under_way_sent" CHECK ("under_way_until" IS NULL OR "sent_at" IS NOT NULL);

-- Look-ups

-- To be credited, next first: those that were never tried and those that are to be tried again.
DROP INDEX "reward_awards_to_credit";
CREATE INDEX "reward_awards_to_credit" ON "reward_awards" (GREATEST("available_at", "due_at"), "id")
    WHERE "state" IN ('PENDING', 'UNCERTAIN') AND "customer_id" IS NOT NULL AND "unit" = 'POINTS';
CREATE INDEX "reward_awards_to_lapse" ON "reward_awards" ("expires_at")
    WHERE "state" = 'PENDING' AND "unit" = 'POINTS' AND "sent_at" IS NULL AND "expires_at" IS NOT NULL;
-- Whose balance may be about to change.
CREATE INDEX "reward_awards_under_way" ON "reward_awards" ("customer_id") WHERE "under_way_until" IS NOT NULL;
