-- Pages that read a whole history: by `npm run bench -- --growth`, on 1,000,000 orders.

-- The orders of an assignee in the order of the list. A version that does not name the column runs beside this one while it is rolled out.
ALTER TABLE "operator_assignments" ADD COLUMN     "order_placed_at" TIMESTAMPTZ(3);
UPDATE "operator_assignments" a SET "order_placed_at" = o."placed_at" FROM "orders" o WHERE o."id" = a."order_id";
CREATE FUNCTION "operator_assignments_placed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT "placed_at" INTO NEW."order_placed_at" FROM "orders" WHERE "id" = NEW."order_id";
    RETURN NEW;
END $$;
CREATE TRIGGER "operator_assignments_placed" BEFORE INSERT ON "operator_assignments"
    FOR EACH ROW WHEN (NEW."order_id" IS NOT NULL) EXECUTE FUNCTION "operator_assignments_placed"();
DROP INDEX "operator_assignments_assignee_idx";
CREATE INDEX "operator_assignments_assignee_order_placed_at_order_id_idx" ON "operator_assignments"("assignee", "order_placed_at" DESC, "order_id" DESC);

-- The orders of a reward are counted, and found among other orders, without reading their lines. It replaces the index by reward alone.
DROP INDEX "order_lines_reward_id_idx";
CREATE INDEX "order_lines_reward_id_order_id_idx" ON "order_lines"("reward_id", "order_id");

-- The counts of a pool read this index alone. It replaces the index by batch alone, which no statement reads: batches are never deleted.
DROP INDEX "voucher_codes_of_batch";
CREATE INDEX "voucher_codes_of_pool" ON "voucher_codes" ("reward_id", "batch_id", "state", "valid_until") WHERE "source" = 'BIGCITY';
