-- AlterTable
ALTER TABLE "customers" ADD COLUMN     "block_reason" TEXT,
ADD COLUMN     "blocked_at" TIMESTAMPTZ(3),
ADD COLUMN     "blocked_by" TEXT;

-- AlterTable
ALTER TABLE "voucher_codes" ADD COLUMN     "batch_id" UUID;

-- CreateTable
CREATE TABLE "operator_sessions" (
    "id" UUID NOT NULL,
    "secret_hash" BYTEA NOT NULL,
    "operator_id" TEXT NOT NULL,
    "roles" TEXT[],
    "key_id" UUID,
    "token_hash" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "operator_sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "operator_notes" (
    "id" UUID NOT NULL,
    "customer_id" TEXT NOT NULL,
    "order_id" UUID,
    "author" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "operator_notes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "operator_assignments" (
    "id" UUID NOT NULL,
    "customer_id" TEXT NOT NULL,
    "order_id" UUID,
    "assignee" TEXT NOT NULL,
    "assigned_by" TEXT NOT NULL,
    "assigned_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "operator_assignments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "voucher_batches" (
    "id" UUID NOT NULL,
    "reward_id" UUID NOT NULL,
    "codes" INTEGER NOT NULL,
    "imported_by" TEXT NOT NULL,
    "imported_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "voucher_batches_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "operator_sessions_secret_hash_key" ON "operator_sessions"("secret_hash");

-- CreateIndex
CREATE INDEX "operator_sessions_expires_at_idx" ON "operator_sessions"("expires_at");

-- CreateIndex
CREATE INDEX "operator_notes_customer_id_created_at_id_idx" ON "operator_notes"("customer_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "operator_notes_order_id_idx" ON "operator_notes"("order_id");

-- CreateIndex
CREATE UNIQUE INDEX "operator_assignments_order_id_key" ON "operator_assignments"("order_id");

-- CreateIndex
CREATE INDEX "operator_assignments_customer_id_idx" ON "operator_assignments"("customer_id");

-- CreateIndex
CREATE INDEX "operator_assignments_assignee_idx" ON "operator_assignments"("assignee");

-- CreateIndex
CREATE INDEX "voucher_batches_reward_id_imported_at_id_idx" ON "voucher_batches"("reward_id", "imported_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "customers_customer_id_idx" ON "customers"("customer_id" text_pattern_ops);

-- AddForeignKey
ALTER TABLE "voucher_codes" ADD CONSTRAINT "voucher_codes_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "voucher_batches"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "voucher_batches" ADD CONSTRAINT "voucher_batches_reward_id_fkey" FOREIGN KEY ("reward_id") REFERENCES "rewards"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- An order has one assignee, and so has a customer.
CREATE UNIQUE INDEX "operator_assignments_one_a_customer" ON "operator_assignments" ("customer_id") WHERE "order_id" IS NULL;
CREATE INDEX "voucher_codes_of_batch" ON "voucher_codes" ("batch_id") WHERE "batch_id" IS NOT NULL;
-- What operators search by: the last part of an order number, the visible end of a code, Capillary's transaction.
CREATE INDEX "orders_number_tail" ON "orders" (substring("number" FROM 12) text_pattern_ops);
CREATE INDEX "voucher_codes_by_ending" ON "voucher_codes" ("masked_code") WHERE "state" = 'ALLOCATED';
CREATE INDEX "unit_issues_transaction" ON "unit_issues" ("transaction_id") WHERE "transaction_id" IS NOT NULL;
-- A code may be taken out of the pool before it was given.
ALTER TABLE "voucher_codes" DROP CONSTRAINT "voucher_codes_unit_when_given";
ALTER TABLE "voucher_codes" ADD CONSTRAINT "voucher_codes_unit_when_given"
    CHECK (CASE "state" WHEN 'ALLOCATED' THEN "unit_id" IS NOT NULL WHEN 'VOID' THEN TRUE ELSE "unit_id" IS NULL END) NOT VALID;
ALTER TABLE "voucher_codes" VALIDATE CONSTRAINT "voucher_codes_unit_when_given";
