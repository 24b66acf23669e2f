-- AlterEnum
ALTER TYPE "award_unit" ADD VALUE 'REWARD';

-- AlterTable
ALTER TABLE "orders" ADD COLUMN     "award_id" UUID,
ALTER COLUMN "cart_id" DROP NOT NULL;

-- AlterTable
ALTER TABLE "reward_awards" ADD COLUMN     "sku" TEXT;

-- AddForeignKey
ALTER TABLE "orders" ADD CONSTRAINT "orders_award_id_fkey" FOREIGN KEY ("award_id") REFERENCES "reward_awards"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


-- By hand from here on. A value that was added to a type cannot be named before the commit: REWARD is what is neither of the others.

-- Values

ALTER TABLE "orders"
    ADD CONSTRAINT "orders_cart_or_prize" CHECK (num_nonnulls("cart_id", "award_id") = 1),
    ADD CONSTRAINT "orders_prize_is_free" CHECK ("award_id" IS NULL OR "total" = 0);
ALTER TABLE "reward_awards"
    ADD CONSTRAINT "reward_awards_reward_known" CHECK (("unit" IN ('POINTS', 'TICKETS')) = ("sku" IS NULL)),
    ADD CONSTRAINT "reward_awards_reward_is_one" CHECK ("sku" IS NULL OR "quantity" = 1),
    -- Only points are sent.
    DROP CONSTRAINT "reward_awards_known_when_sent",
    ADD CONSTRAINT "reward_awards_known_when_sent"
        CHECK ("unit" <> 'POINTS' OR "sent_at" IS NOT NULL OR "state" NOT IN ('UNCERTAIN', 'CREDITED')),
    ADD CONSTRAINT "reward_awards_only_points_sent" CHECK ("unit" = 'POINTS' OR "sent_at" IS NULL);

-- One of a kind

-- A prize is given once: there is a second order for it only when nothing came of the first.
CREATE UNIQUE INDEX "orders_one_a_prize" ON "orders" ("award_id")
    WHERE "award_id" IS NOT NULL AND "status" NOT IN ('FAILED', 'CANCELLED');

-- Look-ups

CREATE INDEX "orders_of_prize" ON "orders" ("award_id") WHERE "award_id" IS NOT NULL;

-- What was awarded is not rewritten: now also which reward that is, and what an order is for.

CREATE OR REPLACE FUNCTION "reward_awards_freeze"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW."decision_id", NEW."role", NEW."unit", NEW."quantity", NEW."draw_id", NEW."sku", NEW."available_at", NEW."expires_at")
        IS DISTINCT FROM
       (OLD."decision_id", OLD."role", OLD."unit", OLD."quantity", OLD."draw_id", OLD."sku", OLD."available_at", OLD."expires_at")
       OR (OLD."customer_id" IS NOT NULL AND NEW."customer_id" IS DISTINCT FROM OLD."customer_id")
       OR (OLD."credit_reference" IS NOT NULL AND OLD."sent_at" IS NOT NULL
           AND (NEW."credit_reference", NEW."ledger") IS DISTINCT FROM (OLD."credit_reference", OLD."ledger"))
       OR (OLD."state" IN ('CREDITED', 'CANCELLED', 'LAPSED') AND NEW."state" <> OLD."state") THEN
        RAISE EXCEPTION 'award % is on record and cannot be rewritten', OLD."id"
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reward_awards_freeze';
    END IF;
    RETURN NEW;
END $$;

-- A won reward is credited by the event that says its order was fulfilled, and the member is told of it.

CREATE FUNCTION "order_events_credit_prize"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH "credited" AS (
        UPDATE "reward_awards" SET "state" = 'CREDITED', "settled_at" = NEW."at"
        FROM "orders" WHERE "orders"."id" = NEW."order_id" AND "reward_awards"."id" = "orders"."award_id"
            AND "reward_awards"."state" = 'PENDING'
        RETURNING "reward_awards"."id", "reward_awards"."customer_id", "unit", "quantity")
    INSERT INTO "member_news" ("customer_id", "type", "data", "at")
    SELECT "customer_id", 'AWARD_CREDITED', jsonb_build_object('awardId', "id", 'unit', "unit", 'quantity', "quantity"), NEW."at"
    FROM "credited";
    RETURN NULL;
END $$;
CREATE TRIGGER "order_events_credit_prize" AFTER INSERT ON "order_events"
    FOR EACH ROW WHEN (NEW."status" = 'FULFILLED' AND NEW."previous_status" <> 'FULFILLED')
    EXECUTE FUNCTION "order_events_credit_prize"();
