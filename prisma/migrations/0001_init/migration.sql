-- CreateEnum
CREATE TYPE "otp_delivery" AS ENUM ('SENDING', 'SENT', 'FAILED');

-- CreateEnum
CREATE TYPE "reward_kind" AS ENUM ('E_GIFT_VOUCHER', 'MERCHANDISE', 'COUPON');

-- CreateEnum
CREATE TYPE "reward_source" AS ENUM ('BIGCITY', 'CAPILLARY');

-- CreateEnum
CREATE TYPE "voucher_state" AS ENUM ('AVAILABLE', 'ALLOCATED', 'EXPIRED', 'VOID');

-- CreateEnum
CREATE TYPE "wallet_kind" AS ENUM ('INDIVIDUAL', 'GROUP');

-- CreateEnum
CREATE TYPE "cart_status" AS ENUM ('OPEN', 'ORDERED');

-- CreateEnum
CREATE TYPE "order_status" AS ENUM ('PENDING', 'PROCESSING', 'FULFILLED', 'PARTIALLY_FULFILLED', 'FAILED', 'CANCELLED', 'REVERSED');

-- CreateEnum
CREATE TYPE "points_state" AS ENUM ('NOT_TAKEN', 'TAKING', 'UNCERTAIN', 'TAKEN', 'RETURNING', 'PARTIALLY_RETURNED', 'RETURNED', 'NEEDS_ATTENTION');

-- CreateEnum
CREATE TYPE "unit_state" AS ENUM ('PENDING', 'PREPARING', 'FULFILLED', 'FAILED', 'CANCELLED', 'REVERSED');

-- CreateEnum
CREATE TYPE "shipment_status" AS ENUM ('PREPARING', 'SHIPPED', 'DELIVERED', 'RETURNED', 'LOST', 'REJECTED');

-- CreateEnum
CREATE TYPE "movement_kind" AS ENUM ('TAKEN', 'RETURNED');

-- CreateEnum
CREATE TYPE "movement_state" AS ENUM ('PENDING', 'CONFIRMED', 'REFUSED', 'UNCERTAIN', 'NEEDS_ATTENTION');

-- CreateEnum
CREATE TYPE "reversal_reason" AS ENUM ('FULFILMENT_FAILURE', 'VENDOR_REJECTION', 'CANCELLATION', 'INVENTORY_UNAVAILABLE');

-- CreateTable
CREATE TABLE "customers" (
    "customer_id" TEXT NOT NULL,
    "masked_mobile" TEXT,
    "ledger_version" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "customers_pkey" PRIMARY KEY ("customer_id")
);

-- CreateTable
CREATE TABLE "otp_challenges" (
    "id" UUID NOT NULL,
    "customer_id" TEXT NOT NULL,
    "address_hash" BYTEA NOT NULL,
    "delivery" "otp_delivery" NOT NULL DEFAULT 'SENDING',
    "reference_id" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "resend_after" TIMESTAMPTZ(3) NOT NULL,
    "superseded_at" TIMESTAMPTZ(3),
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "otp_challenges_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sessions" (
    "id" UUID NOT NULL,
    "customer_id" TEXT NOT NULL,
    "client_token" BYTEA NOT NULL,
    "client_token_expires_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "end_reason" TEXT,

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "refresh_tokens" (
    "token_hash" BYTEA NOT NULL,
    "session_id" UUID NOT NULL,
    "issued_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "refresh_tokens_pkey" PRIMARY KEY ("token_hash")
);

-- CreateTable
CREATE TABLE "rewards" (
    "id" UUID NOT NULL,
    "sku" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "kind" "reward_kind" NOT NULL,
    "source" "reward_source" NOT NULL DEFAULT 'BIGCITY',
    "points" BIGINT NOT NULL,
    "brand" TEXT NOT NULL,
    "category" TEXT NOT NULL,
    "image_url" TEXT NOT NULL,
    "terms" TEXT,
    "how_to_use" TEXT,
    "redemption_url" TEXT,
    "valid_from" TIMESTAMPTZ(3),
    "valid_until" TIMESTAMPTZ(3),
    "stock" INTEGER,
    "limit_per_customer" INTEGER,
    "active" BOOLEAN NOT NULL DEFAULT true,
    "archived_at" TIMESTAMPTZ(3),
    "popularity" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "rewards_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "voucher_codes" (
    "id" UUID NOT NULL,
    "reward_id" UUID NOT NULL,
    "code" BYTEA NOT NULL,
    "pin" BYTEA,
    "code_hash" BYTEA NOT NULL,
    "masked_code" TEXT NOT NULL,
    "valid_until" DATE,
    "state" "voucher_state" NOT NULL DEFAULT 'AVAILABLE',
    "unit_id" UUID,
    "allocated_at" TIMESTAMPTZ(3),
    "revealed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "voucher_codes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "carts" (
    "id" UUID NOT NULL,
    "customer_id" TEXT NOT NULL,
    "status" "cart_status" NOT NULL DEFAULT 'OPEN',
    "version" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "carts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "cart_lines" (
    "id" UUID NOT NULL,
    "cart_id" UUID NOT NULL,
    "reward_id" UUID NOT NULL,
    "quantity" INTEGER NOT NULL,
    "seen_points" BIGINT NOT NULL,
    "pay_with" "wallet_kind" NOT NULL DEFAULT 'INDIVIDUAL',

    CONSTRAINT "cart_lines_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "orders" (
    "id" UUID NOT NULL,
    "number" TEXT NOT NULL,
    "customer_id" TEXT NOT NULL,
    "cart_id" UUID NOT NULL,
    "status" "order_status" NOT NULL DEFAULT 'PENDING',
    "points_state" "points_state" NOT NULL DEFAULT 'NOT_TAKEN',
    "seq" INTEGER NOT NULL DEFAULT 0,
    "total" BIGINT NOT NULL,
    "shipping_address" JSONB,
    "client_token" BYTEA,
    "placed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "orders_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "order_lines" (
    "id" UUID NOT NULL,
    "order_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "reward_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "kind" "reward_kind" NOT NULL,
    "source" "reward_source" NOT NULL,
    "quantity" INTEGER NOT NULL,
    "fulfilled_quantity" INTEGER NOT NULL DEFAULT 0,
    "unit_points" BIGINT NOT NULL,
    "pay_with" "wallet_kind" NOT NULL,
    "status" "order_status" NOT NULL DEFAULT 'PENDING',
    "failure_reason" TEXT,
    "failure_message" TEXT,

    CONSTRAINT "order_lines_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "order_units" (
    "id" UUID NOT NULL,
    "line_id" UUID NOT NULL,
    "unit" INTEGER NOT NULL,
    "state" "unit_state" NOT NULL DEFAULT 'PENDING',

    CONSTRAINT "order_units_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "shipments" (
    "line_id" UUID NOT NULL,
    "status" "shipment_status" NOT NULL DEFAULT 'PREPARING',
    "carrier" TEXT,
    "tracking_number" TEXT,
    "reported_at" TIMESTAMPTZ(3),

    CONSTRAINT "shipments_pkey" PRIMARY KEY ("line_id")
);

-- CreateTable
CREATE TABLE "points_movements" (
    "id" UUID NOT NULL,
    "order_id" UUID NOT NULL,
    "customer_id" TEXT NOT NULL,
    "kind" "movement_kind" NOT NULL,
    "number" INTEGER NOT NULL,
    "pay_with" "wallet_kind" NOT NULL,
    "points" BIGINT NOT NULL,
    "line_ids" UUID[],
    "state" "movement_state" NOT NULL DEFAULT 'PENDING',
    "reason" "reversal_reason",
    "reason_text" TEXT,
    "reference" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "sent_at" TIMESTAMPTZ(3),
    "balance_before" BIGINT,
    "last_error" TEXT,
    "watch_until" TIMESTAMPTZ(3),
    "watch_balance" BIGINT,
    "watched_at" TIMESTAMPTZ(3),
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "settled_at" TIMESTAMPTZ(3),

    CONSTRAINT "points_movements_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "order_events" (
    "order_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "status" "order_status" NOT NULL,
    "previous_status" "order_status",
    "points_state" "points_state" NOT NULL,
    "line_id" UUID,
    "message" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "order_events_pkey" PRIMARY KEY ("order_id","seq")
);

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "actor" TEXT NOT NULL,
    "mutation" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "input_hash" BYTEA NOT NULL,
    "order_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("actor","mutation","key")
);

-- CreateTable
CREATE TABLE "webhook_deliveries" (
    "id" TEXT NOT NULL,
    "body_hash" BYTEA NOT NULL,
    "outcome" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "discrepancies" (
    "id" UUID NOT NULL,
    "order_id" UUID NOT NULL,
    "movement_id" UUID NOT NULL,
    "message" TEXT NOT NULL,
    "found_at" TIMESTAMPTZ(3) NOT NULL,
    "resolved_at" TIMESTAMPTZ(3),

    CONSTRAINT "discrepancies_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_log" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "details" JSONB,

    CONSTRAINT "audit_log_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "saga_executors" (
    "executor_id" TEXT NOT NULL,
    "heartbeat_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "saga_executors_pkey" PRIMARY KEY ("executor_id")
);

-- CreateIndex
CREATE INDEX "otp_challenges_customer_id_created_at_idx" ON "otp_challenges"("customer_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "otp_challenges_address_hash_created_at_idx" ON "otp_challenges"("address_hash", "created_at" DESC);

-- CreateIndex
CREATE INDEX "sessions_customer_id_idx" ON "sessions"("customer_id");

-- CreateIndex
CREATE INDEX "refresh_tokens_session_id_idx" ON "refresh_tokens"("session_id");

-- CreateIndex
CREATE UNIQUE INDEX "rewards_sku_key" ON "rewards"("sku");

-- CreateIndex
CREATE INDEX "rewards_popularity_id_idx" ON "rewards"("popularity" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "rewards_created_at_id_idx" ON "rewards"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "rewards_points_id_idx" ON "rewards"("points", "id");

-- CreateIndex
CREATE INDEX "rewards_name_id_idx" ON "rewards"("name", "id");

-- CreateIndex
CREATE UNIQUE INDEX "voucher_codes_unit_id_key" ON "voucher_codes"("unit_id");

-- CreateIndex
CREATE UNIQUE INDEX "voucher_codes_reward_id_code_hash_key" ON "voucher_codes"("reward_id", "code_hash");

-- CreateIndex
CREATE UNIQUE INDEX "cart_lines_cart_id_reward_id_pay_with_key" ON "cart_lines"("cart_id", "reward_id", "pay_with");

-- CreateIndex
CREATE UNIQUE INDEX "orders_number_key" ON "orders"("number");

-- CreateIndex
CREATE UNIQUE INDEX "orders_cart_id_key" ON "orders"("cart_id");

-- CreateIndex
CREATE INDEX "orders_customer_id_placed_at_id_idx" ON "orders"("customer_id", "placed_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "orders_placed_at_id_idx" ON "orders"("placed_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "order_lines_reward_id_idx" ON "order_lines"("reward_id");

-- CreateIndex
CREATE UNIQUE INDEX "order_lines_order_id_position_key" ON "order_lines"("order_id", "position");

-- CreateIndex
CREATE UNIQUE INDEX "order_units_line_id_unit_key" ON "order_units"("line_id", "unit");

-- CreateIndex
CREATE UNIQUE INDEX "points_movements_order_id_kind_number_key" ON "points_movements"("order_id", "kind", "number");

-- CreateIndex
CREATE INDEX "discrepancies_order_id_idx" ON "discrepancies"("order_id");

-- CreateIndex
CREATE INDEX "audit_log_subject_idx" ON "audit_log"("subject");

-- AddForeignKey
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "voucher_codes" ADD CONSTRAINT "voucher_codes_reward_id_fkey" FOREIGN KEY ("reward_id") REFERENCES "rewards"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "voucher_codes" ADD CONSTRAINT "voucher_codes_unit_id_fkey" FOREIGN KEY ("unit_id") REFERENCES "order_units"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cart_lines" ADD CONSTRAINT "cart_lines_cart_id_fkey" FOREIGN KEY ("cart_id") REFERENCES "carts"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cart_lines" ADD CONSTRAINT "cart_lines_reward_id_fkey" FOREIGN KEY ("reward_id") REFERENCES "rewards"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "orders" ADD CONSTRAINT "orders_cart_id_fkey" FOREIGN KEY ("cart_id") REFERENCES "carts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_lines" ADD CONSTRAINT "order_lines_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_lines" ADD CONSTRAINT "order_lines_reward_id_fkey" FOREIGN KEY ("reward_id") REFERENCES "rewards"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_units" ADD CONSTRAINT "order_units_line_id_fkey" FOREIGN KEY ("line_id") REFERENCES "order_lines"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "shipments" ADD CONSTRAINT "shipments_line_id_fkey" FOREIGN KEY ("line_id") REFERENCES "order_lines"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "points_movements" ADD CONSTRAINT "points_movements_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_events" ADD CONSTRAINT "order_events_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
-- ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
-- By hand from here on: what the tables promise by themselves, whatever the program does.
-- ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- Values

-- 9007199254740991 is 2^53 - 1, the largest whole number that JSON carries exactly.
ALTER TABLE "rewards"
    ADD CONSTRAINT "rewards_points_range" CHECK ("points" BETWEEN 0 AND 9007199254740991),
    ADD CONSTRAINT "rewards_stock_not_negative" CHECK ("stock" >= 0),
    ADD CONSTRAINT "rewards_limit_positive" CHECK ("limit_per_customer" > 0),
    ADD CONSTRAINT "rewards_dates_in_order" CHECK ("valid_from" < "valid_until"),
    ADD CONSTRAINT "rewards_voucher_stock_counted" CHECK ("source" <> 'BIGCITY' OR "kind" <> 'E_GIFT_VOUCHER' OR "stock" IS NOT NULL);
ALTER TABLE "otp_challenges" ADD CONSTRAINT "otp_challenges_attempts_range" CHECK ("attempts" BETWEEN 0 AND 3);
ALTER TABLE "cart_lines" ADD CONSTRAINT "cart_lines_quantity_positive" CHECK ("quantity" > 0);
ALTER TABLE "orders" ADD CONSTRAINT "orders_total_range" CHECK ("total" BETWEEN 0 AND 9007199254740991);
ALTER TABLE "order_lines"
    ADD CONSTRAINT "order_lines_quantity_positive" CHECK ("quantity" > 0),
    ADD CONSTRAINT "order_lines_fulfilled_range" CHECK ("fulfilled_quantity" BETWEEN 0 AND "quantity");
ALTER TABLE "points_movements" ADD CONSTRAINT "points_movements_points_positive" CHECK ("points" > 0);
ALTER TABLE "voucher_codes" ADD CONSTRAINT "voucher_codes_unit_when_given"
    CHECK (("unit_id" IS NOT NULL) = ("state" IN ('ALLOCATED', 'VOID')));

-- One of a kind

CREATE UNIQUE INDEX "carts_one_open" ON "carts" ("customer_id") WHERE "status" = 'OPEN';
CREATE UNIQUE INDEX "points_movements_one_deduction" ON "points_movements" ("order_id")
    WHERE "kind" = 'TAKEN' AND "pay_with" = 'INDIVIDUAL' AND "state" <> 'REFUSED';
CREATE UNIQUE INDEX "discrepancies_one_open" ON "discrepancies" ("movement_id") WHERE "resolved_at" IS NULL;

-- Look-ups

CREATE INDEX "voucher_codes_available" ON "voucher_codes" ("reward_id", "valid_until", "id") WHERE "state" = 'AVAILABLE';
CREATE INDEX "points_movements_open" ON "points_movements" ("customer_id")
    WHERE "state" IN ('PENDING', 'UNCERTAIN', 'NEEDS_ATTENTION');
CREATE INDEX "points_movements_watched" ON "points_movements" ("watch_until") WHERE "watch_until" IS NOT NULL;
CREATE INDEX "orders_needing_attention" ON "orders" ("placed_at" DESC, "id" DESC) WHERE "points_state" = 'NEEDS_ATTENTION';

ALTER TABLE "rewards" ADD COLUMN "search" tsvector GENERATED ALWAYS AS (
    setweight(to_tsvector('simple', "name"), 'A') ||
    setweight(to_tsvector('simple', "brand" || ' ' || "category"), 'B') ||
    setweight(to_tsvector('simple', "description"), 'C')
) STORED;
CREATE INDEX "rewards_search" ON "rewards" USING gin ("search");

-- Points are conserved: never more on its way back than the ledger confirmed as taken. The order's row is the lock.

CREATE FUNCTION "points_movements_conserve"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    "taken" bigint;
    "returned" bigint;
BEGIN
    PERFORM FROM "orders" WHERE "id" = NEW."order_id" FOR UPDATE;
    SELECT coalesce(sum("points") FILTER (WHERE "kind" = 'TAKEN' AND "state" = 'CONFIRMED'), 0),
           coalesce(sum("points") FILTER (WHERE "kind" = 'RETURNED' AND "state" <> 'REFUSED'), 0)
      INTO "taken", "returned" FROM "points_movements" WHERE "order_id" = NEW."order_id";
    IF "returned" > "taken" THEN
        RAISE EXCEPTION 'order % would return % points of % taken', NEW."order_id", "returned", "taken"
            USING ERRCODE = 'check_violation', CONSTRAINT = 'points_movements_conserve';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER "points_movements_conserve" AFTER INSERT OR UPDATE ON "points_movements"
    FOR EACH ROW EXECUTE FUNCTION "points_movements_conserve"();

-- What has been recorded about points is not rewritten: amounts never change, and a confirmed movement stays confirmed.

CREATE FUNCTION "points_movements_freeze"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW."order_id", NEW."customer_id", NEW."kind", NEW."number", NEW."pay_with", NEW."points", NEW."reference", NEW."reason_text")
        IS DISTINCT FROM
       (OLD."order_id", OLD."customer_id", OLD."kind", OLD."number", OLD."pay_with", OLD."points", OLD."reference", OLD."reason_text")
       OR (OLD."state" = 'CONFIRMED' AND NEW."state" <> 'CONFIRMED') THEN
        RAISE EXCEPTION 'points movement % is on record and cannot be rewritten', OLD."id"
            USING ERRCODE = 'check_violation', CONSTRAINT = 'points_movements_freeze';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER "points_movements_freeze" BEFORE UPDATE ON "points_movements"
    FOR EACH ROW EXECUTE FUNCTION "points_movements_freeze"();

CREATE FUNCTION "append_only"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation', CONSTRAINT = 'append_only';
END $$;
CREATE TRIGGER "points_movements_kept" BEFORE DELETE ON "points_movements" FOR EACH ROW EXECUTE FUNCTION "append_only"();
CREATE TRIGGER "order_events_kept" BEFORE UPDATE OR DELETE ON "order_events" FOR EACH ROW EXECUTE FUNCTION "append_only"();
CREATE TRIGGER "audit_log_kept" BEFORE UPDATE OR DELETE ON "audit_log" FOR EACH ROW EXECUTE FUNCTION "append_only"();
