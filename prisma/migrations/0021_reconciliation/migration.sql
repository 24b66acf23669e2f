-- CreateEnum
CREATE TYPE "ledger_entry_type" AS ENUM ('REDEEM', 'REVERSE', 'CREDIT');

-- CreateEnum
CREATE TYPE "break_class" AS ENUM ('MOVEMENT_NOT_IN_LEDGER', 'ENTRY_NOT_IN_BOOKS', 'AMOUNT_DIFFERS', 'OUTCOME_KNOWN', 'AWARD_NOT_IN_LEDGER', 'CREDIT_NOT_IN_BOOKS', 'BALANCE_DIFFERS', 'ISSUE_NOT_AT_CAPILLARY', 'ISSUAL_NOT_IN_BOOKS', 'CODE_MISSING', 'CODE_NOT_OWED', 'STOCK_DIFFERS', 'ORDER_UNBALANCED');

-- CreateEnum
CREATE TYPE "break_state" AS ENUM ('OPEN', 'REPAIRING', 'REPAIRED', 'WRITTEN_OFF', 'EXPLAINED');

-- CreateEnum
CREATE TYPE "break_repair" AS ENUM ('RETURN_POINTS', 'SEND_RETURN_AGAIN', 'CREDIT_AWARD', 'RESOLVE_MOVEMENT', 'RESOLVE_AWARD', 'RESOLVE_ISSUE', 'REVOKE_ISSUAL', 'TAKE_BACK_UNIT', 'GIVE_CODE', 'VOID_CODE', 'RECOUNT_STOCK', 'SETTLE_ORDER', 'WRITE_OFF');

-- CreateTable
CREATE TABLE "ledger_entries" (
    "entry_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "customer_id" TEXT NOT NULL,
    "type" "ledger_entry_type" NOT NULL,
    "order_id" TEXT,
    "reference" TEXT,
    "points" BIGINT NOT NULL,
    "imported_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ledger_entries_pkey" PRIMARY KEY ("entry_id")
);

-- CreateTable
CREATE TABLE "wallet_readings" (
    "customer_id" TEXT NOT NULL,
    "balance" BIGINT NOT NULL,
    "earned" BIGINT NOT NULL,
    "read_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "wallet_readings_pkey" PRIMARY KEY ("customer_id")
);

-- CreateTable
CREATE TABLE "reconciliation_runs" (
    "id" UUID NOT NULL,
    "from" TIMESTAMPTZ(3) NOT NULL,
    "to" TIMESTAMPTZ(3) NOT NULL,
    "is_nightly" BOOLEAN NOT NULL DEFAULT false,
    "actor" TEXT NOT NULL,
    "every_customer" BOOLEAN NOT NULL DEFAULT false,
    "is_imported" BOOLEAN NOT NULL DEFAULT false,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "compared" JSONB,
    "skipped" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "breaks_found" INTEGER NOT NULL DEFAULT 0,
    "breaks_new" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "reconciliation_runs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reconciliation_breaks" (
    "id" UUID NOT NULL,
    "class" "break_class" NOT NULL,
    "key" TEXT NOT NULL,
    "state" "break_state" NOT NULL DEFAULT 'OPEN',
    "repair" "break_repair" NOT NULL,
    "run_id" UUID NOT NULL,
    "customer_id" TEXT,
    "order_number" TEXT,
    "order_id" UUID,
    "movement_id" UUID,
    "unit_id" UUID,
    "award_id" UUID,
    "reward_id" UUID,
    "points" BIGINT,
    "evidence" JSONB NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "found_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "sent_at" TIMESTAMPTZ(3),
    "in_flight_until" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "resolved_at" TIMESTAMPTZ(3),
    "resolved_by" TEXT,
    "note" TEXT,

    CONSTRAINT "reconciliation_breaks_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "ledger_entries_order_id_idx" ON "ledger_entries"("order_id");

-- CreateIndex
CREATE INDEX "ledger_entries_reference_idx" ON "ledger_entries"("reference");

-- CreateIndex
CREATE INDEX "ledger_entries_at_idx" ON "ledger_entries"("at");

-- CreateIndex
CREATE INDEX "reconciliation_runs_requested_at_id_idx" ON "reconciliation_runs"("requested_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "reconciliation_breaks_since_id_idx" ON "reconciliation_breaks"("since" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "reconciliation_breaks_run_id_idx" ON "reconciliation_breaks"("run_id");

-- CreateIndex
CREATE UNIQUE INDEX "reconciliation_breaks_class_key_key" ON "reconciliation_breaks"("class", "key");

-- AddForeignKey
ALTER TABLE "reconciliation_breaks" ADD CONSTRAINT "reconciliation_breaks_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "reconciliation_runs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- A night is reconciled once, by whichever process comes first.
CREATE UNIQUE INDEX "reconciliation_runs_one_a_night" ON "reconciliation_runs" ("to") WHERE "is_nightly";
-- Repairs that other calls for the same customer's points wait for.
CREATE INDEX "reconciliation_breaks_in_flight" ON "reconciliation_breaks" ("customer_id") WHERE "in_flight_until" IS NOT NULL;
CREATE INDEX "reconciliation_breaks_open" ON "reconciliation_breaks" ("class") WHERE "state" IN ('OPEN', 'REPAIRING');
