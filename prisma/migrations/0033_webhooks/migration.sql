-- CreateEnum
CREATE TYPE "webhook_message_state" AS ENUM ('PENDING', 'DELIVERED', 'FAILED');

-- CreateTable
CREATE TABLE "webhooks" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "types" TEXT[],
    "stock_low_at" INTEGER NOT NULL,
    "active" BOOLEAN NOT NULL DEFAULT true,
    "secret" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by" TEXT NOT NULL,

    CONSTRAINT "webhooks_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_messages" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "seq" BIGSERIAL NOT NULL,
    "webhook_id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "customer_id" TEXT,
    "data" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "state" "webhook_message_state" NOT NULL DEFAULT 'PENDING',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_status" INTEGER,
    "last_error" TEXT,
    "delivered_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_messages_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "webhooks_name_key" ON "webhooks"("name");

-- CreateIndex
CREATE INDEX "webhook_messages_webhook_id_seq_idx" ON "webhook_messages"("webhook_id", "seq" DESC);

-- CreateIndex
CREATE INDEX "webhook_messages_customer_id_idx" ON "webhook_messages"("customer_id");

-- CreateIndex
CREATE INDEX "webhook_messages_created_at_idx" ON "webhook_messages"("created_at");

-- AddForeignKey
ALTER TABLE "webhook_messages" ADD CONSTRAINT "webhook_messages_webhook_id_fkey" FOREIGN KEY ("webhook_id") REFERENCES "webhooks"("id") ON DELETE CASCADE ON UPDATE CASCADE;


-- By hand from here on.

CREATE INDEX "webhook_messages_pending" ON "webhook_messages" ("webhook_id", "seq") WHERE "state" = 'PENDING';
ALTER TABLE "webhook_messages" ADD CONSTRAINT "webhook_messages_delivered" CHECK (("state" = 'DELIVERED') = ("delivered_at" IS NOT NULL));
ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_stock_low_at_range" CHECK ("stock_low_at" >= 0);

-- The outbox is written by the transaction in which something happens. Without a webhook for the type nothing is written.
-- The subject's changes follow each other under the lock of its row, so the numbers of its messages are in their order.

CREATE FUNCTION "graph_id"("type" text, "id" uuid) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT rtrim(translate(replace(encode(convert_to("type" || ':' || "id"::text, 'UTF8'), 'base64'), E'\n', ''), '+/', '-_'), '=')
$$;

CREATE FUNCTION "publish_to_webhooks"("kind" text, "about" text, "customer" text, "facts" jsonb, "moment" timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "webhook_messages" ("webhook_id", "type", "subject", "customer_id", "data", "at")
    SELECT "id", "kind", "about", "customer", "facts", "moment" FROM "webhooks" WHERE "active" AND "kind" = ANY ("types")
    ORDER BY "id";
END $$;

CREATE FUNCTION "order_events_to_webhooks"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    "event" record;
BEGIN
    IF NOT EXISTS (SELECT FROM "webhooks" WHERE "active" AND "types" && '{order.status_changed,attention.needed}') THEN
        RETURN NULL;
    END IF;
    FOR "event" IN
        SELECT "added".*, "orders"."number", "orders"."customer_id", EXISTS (
                SELECT FROM "order_events" "before" WHERE "before"."order_id" = "added"."order_id"
                    AND "before"."seq" = "added"."seq" - 1 AND "before"."points_state" = 'NEEDS_ATTENTION') AS "is_known"
        FROM "added" JOIN "orders" ON "orders"."id" = "added"."order_id" ORDER BY "added"."order_id", "added"."seq"
    LOOP
        PERFORM "publish_to_webhooks"('order.status_changed', 'order:' || "event"."number", "event"."customer_id",
            jsonb_build_object('orderId', "graph_id"('Order', "event"."order_id"), 'orderNumber', "event"."number",
                'customerId', "event"."customer_id", 'seq', "event"."seq", 'status', "event"."status",
                'previousStatus', "event"."previous_status", 'pointsState', "event"."points_state",
                'lineId', "graph_id"('OrderLine', "event"."line_id"), 'message', "event"."message"), "event"."at");
        IF "event"."points_state" = 'NEEDS_ATTENTION' AND NOT "event"."is_known" THEN
            PERFORM "publish_to_webhooks"('attention.needed', 'order:' || "event"."number", "event"."customer_id",
                jsonb_build_object('reason', 'POINTS_UNCERTAIN', 'orderId', "graph_id"('Order', "event"."order_id"),
                    'orderNumber', "event"."number", 'customerId', "event"."customer_id", 'message',
                    'The outcome of a points movement is unknown, and no evidence shows it.'), "event"."at");
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER "order_events_to_webhooks" AFTER INSERT ON "order_events" REFERENCING NEW TABLE AS "added"
    FOR EACH STATEMENT EXECUTE FUNCTION "order_events_to_webhooks"();

CREATE FUNCTION "discrepancies_to_webhooks"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM "publish_to_webhooks"('attention.needed', 'order:' || "number", "customer_id",
        jsonb_build_object('reason', 'DISCREPANCY', 'orderId', "graph_id"('Order', "id"), 'orderNumber', "number",
            'customerId', "customer_id", 'message', NEW."message"), NEW."found_at")
    FROM "orders" WHERE "id" = NEW."order_id";
    RETURN NULL;
END $$;
CREATE TRIGGER "discrepancies_to_webhooks" AFTER INSERT ON "discrepancies"
    FOR EACH ROW EXECUTE FUNCTION "discrepancies_to_webhooks"();

CREATE FUNCTION "reward_awards_to_webhooks"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM "webhooks" WHERE "active" AND "types" && '{award.changed,attention.needed}') THEN
        RETURN NULL;
    END IF;
    PERFORM "publish_to_webhooks"('award.changed', 'award:' || NEW."id", NEW."customer_id",
        jsonb_build_object('awardId', "graph_id"('RewardAward', NEW."id"), 'customerId', NEW."customer_id",
            'state', NEW."state", 'previousState', CASE TG_OP WHEN 'UPDATE' THEN OLD."state" END, 'unit', NEW."unit",
            'quantity', NEW."quantity", 'sku', NEW."sku", 'drawId', NEW."draw_id"), now());
    IF NEW."state" = 'NEEDS_ATTENTION' THEN
        PERFORM "publish_to_webhooks"('attention.needed', 'award:' || NEW."id", NEW."customer_id",
            jsonb_build_object('reason', 'AWARD_UNCERTAIN', 'awardId', "graph_id"('RewardAward', NEW."id"),
                'customerId', NEW."customer_id", 'message', 'The outcome of a credit is unknown, or the ledger refused it.'), now());
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER "reward_awards_inserted_to_webhooks" AFTER INSERT ON "reward_awards"
    FOR EACH ROW EXECUTE FUNCTION "reward_awards_to_webhooks"();
CREATE TRIGGER "reward_awards_updated_to_webhooks" AFTER UPDATE OF "state" ON "reward_awards"
    FOR EACH ROW WHEN (OLD."state" IS DISTINCT FROM NEW."state") EXECUTE FUNCTION "reward_awards_to_webhooks"();

CREATE FUNCTION "rewards_to_webhooks"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "webhook_messages" ("webhook_id", "type", "subject", "data", "at")
    SELECT "id", 'stock.low', 'reward:' || NEW."sku", jsonb_build_object('rewardId', "graph_id"('Reward', NEW."id"),
        'sku', NEW."sku", 'name', NEW."name", 'stock', NEW."stock", 'stockLowAt', "stock_low_at"), now()
    FROM "webhooks"
    WHERE "active" AND 'stock.low' = ANY ("types") AND NEW."stock" <= "stock_low_at"
        AND (OLD."stock" IS NULL OR OLD."stock" > "stock_low_at")
    ORDER BY "id";
    RETURN NULL;
END $$;
CREATE TRIGGER "rewards_to_webhooks" AFTER UPDATE OF "stock" ON "rewards"
    FOR EACH ROW WHEN (NEW."stock" IS NOT NULL AND (OLD."stock" IS NULL OR NEW."stock" < OLD."stock"))
    EXECUTE FUNCTION "rewards_to_webhooks"();

CREATE FUNCTION "member_events_to_webhooks"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "webhook_messages" ("webhook_id", "type", "subject", "customer_id", "data", "at")
    SELECT "webhooks"."id", 'member.event', 'member:' || "added"."customer_id", "added"."customer_id",
        jsonb_build_object('customerId', "added"."customer_id", 'seq', "added"."seq", 'kind', "added"."type",
            'facts', "added"."data" || jsonb_strip_nulls(jsonb_build_object(
                'orderId', "graph_id"('Order', ("added"."data" ->> 'orderId')::uuid),
                'lineId', "graph_id"('OrderLine', ("added"."data" ->> 'lineId')::uuid),
                'awardId', "graph_id"('RewardAward', ("added"."data" ->> 'awardId')::uuid)))),
        "added"."at"
    FROM "added" CROSS JOIN "webhooks" WHERE "active" AND 'member.event' = ANY ("types")
    ORDER BY "added"."customer_id", "added"."seq", "webhooks"."id";
    RETURN NULL;
END $$;
CREATE TRIGGER "member_events_to_webhooks" AFTER INSERT ON "member_events" REFERENCING NEW TABLE AS "added"
    FOR EACH STATEMENT EXECUTE FUNCTION "member_events_to_webhooks"();
