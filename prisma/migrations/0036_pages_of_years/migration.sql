-- Every page by an index, however many rows there are: 1,000,000 orders and 100,000 rewards are measured by `npm run bench -- --growth`.

-- AlterTable
ALTER TABLE "rewards" ADD COLUMN     "stock_low_since" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "voucher_codes" ADD COLUMN     "customer_id" TEXT;


-- By hand from here on.

-- Since when the stock has been at most 10. The column changes when the stock crosses that line, so that an order's decrement touches
-- no index of it; `src/console/attention.sql.ts` and the filters of `src/catalog/reward.store.ts` read by it.
CREATE FUNCTION "rewards_stock_low"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW."stock_low_since" := CASE WHEN NEW."stock" <= 10 THEN now() END;
    RETURN NEW;
END $$;
UPDATE "rewards" SET "stock_low_since" = "updated_at" WHERE "stock" <= 10;
CREATE TRIGGER "rewards_stock_low_insert" BEFORE INSERT ON "rewards"
    FOR EACH ROW WHEN (NEW."stock" <= 10) EXECUTE FUNCTION "rewards_stock_low"();
CREATE TRIGGER "rewards_stock_low_update" BEFORE UPDATE OF "stock" ON "rewards"
    FOR EACH ROW WHEN ((NEW."stock" <= 10) IS TRUE <> (NEW."stock_low_since" IS NOT NULL)) EXECUTE FUNCTION "rewards_stock_low"();
CREATE INDEX "rewards_low_stock" ON "rewards" ("stock_low_since") WHERE "stock_low_since" IS NOT NULL;

-- In each order that a category or a brand can be listed in.
CREATE INDEX "rewards_of_category_new" ON "rewards" ("category", "created_at" DESC, "id" DESC) WHERE "active" AND "archived_at" IS NULL;
CREATE INDEX "rewards_of_category_points" ON "rewards" ("category", "points", "id") WHERE "active" AND "archived_at" IS NULL;
CREATE INDEX "rewards_of_category_name" ON "rewards" ("category", "name", "id") WHERE "active" AND "archived_at" IS NULL;
CREATE INDEX "rewards_of_brand_new" ON "rewards" ("brand", "created_at" DESC, "id" DESC) WHERE "active" AND "archived_at" IS NULL;
CREATE INDEX "rewards_of_brand_points" ON "rewards" ("brand", "points", "id") WHERE "active" AND "archived_at" IS NULL;
CREATE INDEX "rewards_of_brand_name" ON "rewards" ("brand", "name", "id") WHERE "active" AND "archived_at" IS NULL;
CREATE INDEX "rewards_of_kind" ON "rewards" ("kind");
CREATE INDEX "rewards_of_source" ON "rewards" ("source");
CREATE INDEX "rewards_starting" ON "rewards" ("valid_from") WHERE "valid_from" IS NOT NULL;
CREATE INDEX "rewards_ending" ON "rewards" ("valid_until") WHERE "valid_until" IS NOT NULL;
CREATE INDEX "rewards_drafts" ON "rewards" ("name", "id") WHERE NOT "active" AND "archived_at" IS NULL;
CREATE INDEX "rewards_archived" ON "rewards" ("popularity" DESC, "id" DESC) WHERE "archived_at" IS NOT NULL;
CREATE INDEX "rewards_by_sku" ON "rewards" (upper("sku") text_pattern_ops);
CREATE INDEX "reward_words_by_beginning" ON "reward_words" ("word" text_pattern_ops);

DROP INDEX "orders_needing_attention";
CREATE INDEX "orders_of_points_state" ON "orders" ("points_state", "placed_at" DESC, "id" DESC) WHERE "points_state" <> 'TAKEN';

-- The customer whose code it is, so that a page of their codes needs no read of all their orders. A version that does not name the
-- customer runs beside this one while it is rolled out.
UPDATE "voucher_codes" v SET "customer_id" = o."customer_id"
FROM "order_units" u JOIN "order_lines" l ON l."id" = u."line_id" JOIN "orders" o ON o."id" = l."order_id"
WHERE u."id" = v."unit_id";
CREATE FUNCTION "voucher_codes_customer"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT o."customer_id" INTO NEW."customer_id"
    FROM "order_units" u JOIN "order_lines" l ON l."id" = u."line_id" JOIN "orders" o ON o."id" = l."order_id"
    WHERE u."id" = NEW."unit_id";
    RETURN NEW;
END $$;
CREATE TRIGGER "voucher_codes_customer" BEFORE INSERT OR UPDATE OF "unit_id" ON "voucher_codes"
    FOR EACH ROW WHEN (NEW."unit_id" IS NOT NULL AND NEW."customer_id" IS NULL) EXECUTE FUNCTION "voucher_codes_customer"();
DROP INDEX "voucher_codes_to_expire";
CREATE INDEX "voucher_codes_to_expire" ON "voucher_codes" ("valid_until", "reward_id") WHERE "state" = 'AVAILABLE' AND "valid_until" IS NOT NULL;
CREATE INDEX "voucher_codes_of_customer" ON "voucher_codes" ("customer_id", "allocated_at" DESC, "id" DESC) WHERE "state" = 'ALLOCATED';

CREATE INDEX "points_movements_statement" ON "points_movements" ("customer_id", "settled_at" DESC)
    WHERE "pay_with" = 'INDIVIDUAL' AND "state" = 'CONFIRMED';
CREATE INDEX "voucher_codes_used" ON "voucher_codes" ("customer_id", "allocated_at" DESC, "id" DESC)
    WHERE "state" = 'ALLOCATED' AND "used_at" IS NOT NULL;
-- Of a customer with years of orders every cart but one is ordered. The partial index is of no use to a plan for all values.
CREATE INDEX "carts_of_customer" ON "carts" ("customer_id", "status");

-- A day's rows lie in few pages: the settlement of a day reads all rows of every range that has one of them.
DROP INDEX "points_movements_settled";
CREATE INDEX "points_movements_settled" ON "points_movements" USING brin ("settled_at") WITH (pages_per_range = 16);
DROP INDEX "reward_awards_settled";
CREATE INDEX "reward_awards_settled" ON "reward_awards" USING brin ("settled_at") WITH (pages_per_range = 16);
CREATE INDEX "reward_awards_statement" ON "reward_awards" ("customer_id", "settled_at" DESC)
    WHERE "unit" = 'POINTS' AND "state" = 'CREDITED';
CREATE INDEX "ledger_entries_of_customer" ON "ledger_entries" ("customer_id", "at" DESC);

CREATE INDEX "audit_log_by_time" ON "audit_log" ("at" DESC, "id" DESC);
CREATE INDEX "audit_log_of_actor" ON "audit_log" ("actor", "at" DESC, "id" DESC);
CREATE INDEX "audit_log_of_action" ON "audit_log" ("action" text_pattern_ops, "at" DESC, "id" DESC);
CREATE INDEX "webhook_messages_failed" ON "webhook_messages" ("webhook_id", "seq" DESC) WHERE "state" = 'FAILED';
CREATE INDEX "reconciliation_breaks_of_state" ON "reconciliation_breaks" ("state", "since" DESC, "id" DESC);
CREATE INDEX "reconciliation_breaks_of_class" ON "reconciliation_breaks" ("class", "since" DESC, "id" DESC);
