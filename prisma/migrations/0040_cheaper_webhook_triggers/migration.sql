-- The outbox of webhooks costs an order little: without a webhook for the type a trigger ends after one look, and the messages of a
-- statement are inserted by one statement.

CREATE OR REPLACE FUNCTION "order_events_to_webhooks"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM "webhooks" WHERE "active" AND "types" && '{order.status_changed,attention.needed}') THEN
        RETURN NULL;
    END IF;
    INSERT INTO "webhook_messages" ("webhook_id", "type", "subject", "customer_id", "data", "at")
    SELECT "webhooks"."id", "event"."kind", 'order:' || "orders"."number", "orders"."customer_id",
        CASE "event"."kind" WHEN 'order.status_changed' THEN
            jsonb_build_object('orderId', "graph_id"('Order', "orders"."id"), 'orderNumber', "orders"."number",
                'customerId', "orders"."customer_id", 'seq', "event"."seq", 'status', "event"."status",
                'previousStatus', "event"."previous_status", 'pointsState', "event"."points_state",
                'lineId', "graph_id"('OrderLine', "event"."line_id"), 'message', "event"."message")
        ELSE
            jsonb_build_object('reason', 'POINTS_UNCERTAIN', 'orderId', "graph_id"('Order', "orders"."id"),
                'orderNumber', "orders"."number", 'customerId', "orders"."customer_id", 'message',
                'The outcome of a points movement is unknown, and no evidence shows it.')
        END, "event"."at"
    FROM (
        SELECT 'order.status_changed' AS "kind", 1 AS "rank", "added".* FROM "added"
        UNION ALL
        SELECT 'attention.needed', 2, "added".* FROM "added"
        WHERE "points_state" = 'NEEDS_ATTENTION' AND NOT EXISTS (
            SELECT FROM "order_events" "before" WHERE "before"."order_id" = "added"."order_id"
                AND "before"."seq" = "added"."seq" - 1 AND "before"."points_state" = 'NEEDS_ATTENTION')
    ) "event"
    JOIN "orders" ON "orders"."id" = "event"."order_id"
    JOIN "webhooks" ON "webhooks"."active" AND "event"."kind" = ANY ("webhooks"."types")
    ORDER BY "event"."order_id", "event"."seq", "event"."rank", "webhooks"."id";
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION "member_events_to_webhooks"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM "webhooks" WHERE "active" AND 'member.event' = ANY ("types")) THEN
        RETURN NULL;
    END IF;
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

CREATE OR REPLACE FUNCTION "rewards_to_webhooks"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM "webhooks" WHERE "active" AND 'stock.low' = ANY ("types")) THEN
        RETURN NULL;
    END IF;
    INSERT INTO "webhook_messages" ("webhook_id", "type", "subject", "data", "at")
    SELECT "id", 'stock.low', 'reward:' || NEW."sku", jsonb_build_object('rewardId', "graph_id"('Reward', NEW."id"),
        'sku', NEW."sku", 'name', NEW."name", 'stock', NEW."stock", 'stockLowAt', "stock_low_at"), now()
    FROM "webhooks"
    WHERE "active" AND 'stock.low' = ANY ("types") AND NEW."stock" <= "stock_low_at"
        AND (OLD."stock" IS NULL OR OLD."stock" > "stock_low_at")
    ORDER BY "id";
    RETURN NULL;
END $$;
