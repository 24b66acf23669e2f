-- CreateEnum
CREATE TYPE "points_ledger" AS ENUM ('CLIENT', 'CAPILLARY');

-- DropIndex
DROP INDEX "voucher_codes_unit_id_key";

-- DropIndex
DROP INDEX "voucher_codes_reward_id_code_hash_key";

-- DropIndex
DROP INDEX "cart_lines_cart_id_reward_id_pay_with_key";

-- AlterTable
ALTER TABLE "voucher_codes" ADD COLUMN     "source" "reward_source" NOT NULL DEFAULT 'BIGCITY';

-- AlterTable
ALTER TABLE "cart_lines" ADD COLUMN     "group_id" TEXT;

-- AlterTable
ALTER TABLE "order_lines" ADD COLUMN     "group_id" TEXT;

-- AlterTable
ALTER TABLE "points_movements" ADD COLUMN     "group_id" TEXT,
ADD COLUMN     "ledger" "points_ledger" NOT NULL DEFAULT 'CLIENT',
ADD COLUMN     "unit_id" UUID;

-- AlterTable
ALTER TABLE "discrepancies" ADD COLUMN     "unit_id" UUID,
ALTER COLUMN "movement_id" DROP NOT NULL;

-- CreateTable
CREATE TABLE "unit_issues" (
    "unit_id" UUID NOT NULL,
    "order_id" UUID NOT NULL,
    "transaction_number" TEXT NOT NULL,
    "key_number" INTEGER NOT NULL DEFAULT 1,
    "upstream_reward_id" TEXT NOT NULL,
    "payment_config_id" TEXT,
    "group_id" TEXT,
    "points" BIGINT NOT NULL,
    "state" "movement_state" NOT NULL DEFAULT 'PENDING',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "sent_at" TIMESTAMPTZ(3),
    "transaction_id" TEXT,
    "points_taken" DECIMAL(20,3),
    "last_codes" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "last_error" TEXT,
    "settled_at" TIMESTAMPTZ(3),
    "revoke_state" "movement_state",
    "revoke_reason" "reversal_reason",
    "revoke_attempts" INTEGER NOT NULL DEFAULT 0,
    "revoke_sent_at" TIMESTAMPTZ(3),
    "revoke_before" DECIMAL(20,3),
    "revoke_error" TEXT,

    CONSTRAINT "unit_issues_pkey" PRIMARY KEY ("unit_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "unit_issues_transaction_number_key" ON "unit_issues"("transaction_number");

-- CreateIndex
CREATE INDEX "unit_issues_order_id_idx" ON "unit_issues"("order_id");

-- CreateIndex
CREATE INDEX "voucher_codes_unit_id_idx" ON "voucher_codes"("unit_id");

-- AddForeignKey
ALTER TABLE "unit_issues" ADD CONSTRAINT "unit_issues_unit_id_fkey" FOREIGN KEY ("unit_id") REFERENCES "order_units"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "unit_issues" ADD CONSTRAINT "unit_issues_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


-- By hand from here on.

CREATE UNIQUE INDEX "cart_lines_one_a_wallet" ON "cart_lines" ("cart_id", "reward_id", "pay_with", "group_id") NULLS NOT DISTINCT;
ALTER TABLE "cart_lines" ADD CONSTRAINT "cart_lines_group_known" CHECK (("pay_with" = 'GROUP') = ("group_id" IS NOT NULL));
ALTER TABLE "order_lines" ADD CONSTRAINT "order_lines_group_known" CHECK (("pay_with" = 'GROUP') = ("group_id" IS NOT NULL));

-- A code of our pool is there once and given once. Capillary may give many customers the same one, and several for one unit.
CREATE UNIQUE INDEX "voucher_codes_pool_once" ON "voucher_codes" ("reward_id", "code_hash") WHERE "source" = 'BIGCITY';
CREATE UNIQUE INDEX "voucher_codes_given_once" ON "voucher_codes" ("unit_id") WHERE "source" = 'BIGCITY';

ALTER TABLE "points_movements"
    ADD CONSTRAINT "points_movements_group_known" CHECK (("pay_with" = 'GROUP') = ("group_id" IS NOT NULL)),
    ADD CONSTRAINT "points_movements_group_ledger" CHECK ("pay_with" = 'INDIVIDUAL' OR "ledger" = 'CAPILLARY'),
    ADD CONSTRAINT "points_movements_unit_known" CHECK (("ledger" = 'CAPILLARY') = ("unit_id" IS NOT NULL));

-- The Client is asked once an order for the sum, Capillary once for each unit.
DROP INDEX "points_movements_one_deduction";
CREATE UNIQUE INDEX "points_movements_one_deduction" ON "points_movements" ("order_id")
    WHERE "kind" = 'TAKEN' AND "ledger" = 'CLIENT' AND "state" <> 'REFUSED';
CREATE UNIQUE INDEX "points_movements_one_a_unit" ON "points_movements" ("unit_id", "kind") WHERE "state" <> 'REFUSED';
CREATE INDEX "points_movements_open_of_group" ON "points_movements" ("group_id")
    WHERE "group_id" IS NOT NULL AND "state" IN ('PENDING', 'UNCERTAIN', 'NEEDS_ATTENTION');

-- What was taken here cannot be given back there: each ledger, and each unit at Capillary, is conserved by itself.
CREATE OR REPLACE FUNCTION "points_movements_conserve"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    "taken" bigint;
    "returned" bigint;
BEGIN
    PERFORM FROM "orders" WHERE "id" = NEW."order_id" FOR UPDATE;
    SELECT coalesce(sum("points") FILTER (WHERE "kind" = 'TAKEN' AND "state" = 'CONFIRMED'), 0),
           coalesce(sum("points") FILTER (WHERE "kind" = 'RETURNED' AND "state" <> 'REFUSED'), 0)
      INTO "taken", "returned" FROM "points_movements"
     WHERE "order_id" = NEW."order_id" AND "ledger" = NEW."ledger" AND "unit_id" IS NOT DISTINCT FROM NEW."unit_id";
    IF "returned" > "taken" THEN
        RAISE EXCEPTION 'order % would return % points of % taken', NEW."order_id", "returned", "taken"
            USING ERRCODE = 'check_violation', CONSTRAINT = 'points_movements_conserve';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION "points_movements_freeze"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW."order_id", NEW."customer_id", NEW."kind", NEW."number", NEW."ledger", NEW."pay_with", NEW."group_id", NEW."unit_id",
        NEW."points", NEW."reference", NEW."reason_text")
        IS DISTINCT FROM
       (OLD."order_id", OLD."customer_id", OLD."kind", OLD."number", OLD."ledger", OLD."pay_with", OLD."group_id", OLD."unit_id",
        OLD."points", OLD."reference", OLD."reason_text")
       OR (OLD."state" = 'CONFIRMED' AND NEW."state" <> 'CONFIRMED') THEN
        RAISE EXCEPTION 'points movement % is on record and cannot be rewritten', OLD."id"
            USING ERRCODE = 'check_violation', CONSTRAINT = 'points_movements_freeze';
    END IF;
    RETURN NEW;
END $$;

-- A try whose outcome is not known keeps its key, and what was issued stays issued.
ALTER TABLE "unit_issues"
    ADD CONSTRAINT "unit_issues_points_range" CHECK ("points" BETWEEN 0 AND 9007199254740991),
    ADD CONSTRAINT "unit_issues_revoke_issued" CHECK ("revoke_state" IS NULL OR "state" = 'CONFIRMED');
CREATE FUNCTION "unit_issues_freeze"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW."order_id", NEW."transaction_number", NEW."upstream_reward_id", NEW."payment_config_id", NEW."group_id", NEW."points")
        IS DISTINCT FROM
       (OLD."order_id", OLD."transaction_number", OLD."upstream_reward_id", OLD."payment_config_id", OLD."group_id", OLD."points")
       OR NEW."key_number" < OLD."key_number"
       OR (NEW."key_number" > OLD."key_number" AND NEW."state" <> 'PENDING')
       OR (OLD."state" = 'CONFIRMED' AND NEW."state" <> 'CONFIRMED') THEN
        RAISE EXCEPTION 'the issue of unit % is on record and cannot be rewritten', OLD."unit_id"
            USING ERRCODE = 'check_violation', CONSTRAINT = 'unit_issues_freeze';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER "unit_issues_freeze" BEFORE UPDATE ON "unit_issues" FOR EACH ROW EXECUTE FUNCTION "unit_issues_freeze"();
CREATE TRIGGER "unit_issues_kept" BEFORE DELETE ON "unit_issues" FOR EACH ROW EXECUTE FUNCTION "append_only"();
