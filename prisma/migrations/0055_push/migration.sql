-- CreateTable
CREATE TABLE "push_subscriptions" (
    "id" UUID NOT NULL,
    "customer_id" TEXT NOT NULL,
    "session_id" UUID NOT NULL,
    "service" TEXT NOT NULL,
    "endpoint_hash" BYTEA NOT NULL,
    "sealed" BYTEA NOT NULL,
    "language" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "push_subscriptions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "push_messages" (
    "id" BIGSERIAL NOT NULL,
    "subscription_id" UUID NOT NULL,
    "service" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "facts" JSONB NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "push_messages_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "push_subscriptions_session_id_key" ON "push_subscriptions"("session_id");

-- CreateIndex
CREATE UNIQUE INDEX "push_subscriptions_endpoint_hash_key" ON "push_subscriptions"("endpoint_hash");

-- CreateIndex
CREATE INDEX "push_subscriptions_customer_id_idx" ON "push_subscriptions"("customer_id");

-- CreateIndex
CREATE INDEX "push_subscriptions_service_idx" ON "push_subscriptions"("service");

-- CreateIndex
CREATE INDEX "push_messages_service_due_at_idx" ON "push_messages"("service", "due_at");

-- CreateIndex
CREATE INDEX "push_messages_subscription_id_idx" ON "push_messages"("subscription_id");

-- AddForeignKey
ALTER TABLE "push_subscriptions" ADD CONSTRAINT "push_subscriptions_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "push_messages" ADD CONSTRAINT "push_messages_subscription_id_fkey" FOREIGN KEY ("subscription_id") REFERENCES "push_subscriptions"("id") ON DELETE CASCADE ON UPDATE CASCADE;


-- By hand from here on.

-- A session ends by an update, on every way to its end.
CREATE FUNCTION "sessions_end_push"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM "push_subscriptions" WHERE "session_id" = NEW."id";
    RETURN NULL;
END $$;
CREATE TRIGGER "sessions_end_push" AFTER UPDATE OF "ended_at" ON "sessions"
    FOR EACH ROW WHEN (OLD."ended_at" IS NULL AND NEW."ended_at" IS NOT NULL) EXECUTE FUNCTION "sessions_end_push"();

-- The outbox of notifications is written with the events of the member's feed, for customers who have a subscription.
CREATE FUNCTION "member_events_to_push"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM "push_subscriptions" WHERE "customer_id" IN (SELECT "customer_id" FROM "added")) THEN
        RETURN NULL;
    END IF;
    INSERT INTO "push_messages" ("subscription_id", "service", "kind", "subject", "facts")
    SELECT "push_subscriptions"."id", "push_subscriptions"."service", "news"."kind", "news"."subject", "news"."facts"
    FROM (
        SELECT "customer_id", "seq", 'POINTS_CREDITED' AS "kind", 'award:' || ("data" ->> 'awardId') AS "subject",
            jsonb_build_object('points', "data" -> 'quantity') AS "facts"
        FROM "added" WHERE "type" = 'AWARD_CREDITED' AND "data" ->> 'unit' = 'POINTS'
        UNION ALL
        SELECT "customer_id", "seq", "kind", 'order:' || "order_number",
            jsonb_build_object('orderNumber', "order_number", 'orderId', "order_id")
        FROM (
            SELECT "added"."customer_id", "added"."seq", "added"."data" ->> 'orderNumber' AS "order_number",
                "graph_id"('Order', ("added"."data" ->> 'orderId')::uuid) AS "order_id",
                CASE
                    WHEN "data" ->> 'status' IS DISTINCT FROM "data" ->> 'previousStatus'
                            AND "data" ->> 'status' IN ('FULFILLED', 'PARTIALLY_FULFILLED', 'FAILED') THEN
                        CASE "data" ->> 'status'
                            WHEN 'FULFILLED' THEN 'ORDER_COMPLETE'
                            WHEN 'PARTIALLY_FULFILLED' THEN 'ORDER_PARTLY_COMPLETE'
                            ELSE 'ORDER_FAILED'
                        END
                    WHEN "data" ->> 'pointsState' IN ('RETURNED', 'PARTIALLY_RETURNED') AND NOT EXISTS (
                            SELECT FROM "order_events" "before"
                            WHERE "before"."order_id" = ("data" ->> 'orderId')::uuid AND "before"."seq" = ("data" ->> 'orderSeq')::integer - 1
                                AND "before"."points_state"::text = "data" ->> 'pointsState')
                        THEN 'POINTS_RETURNED'
                    WHEN "data" ->> 'status' = "data" ->> 'previousStatus' AND EXISTS (
                            SELECT FROM "shipments" WHERE "line_id" = ("data" ->> 'lineId')::uuid AND "status" = 'SHIPPED')
                        THEN 'ORDER_SHIPPED'
                END AS "kind"
            FROM "added" WHERE "type" = 'ORDER_STATUS_CHANGED'
        ) "changes"
        WHERE "kind" IS NOT NULL
    ) "news" JOIN "push_subscriptions" USING ("customer_id")
    ORDER BY "news"."customer_id", "news"."seq";
    RETURN NULL;
END $$;
CREATE TRIGGER "member_events_to_push" AFTER INSERT ON "member_events" REFERENCING NEW TABLE AS "added"
    FOR EACH STATEMENT EXECUTE FUNCTION "member_events_to_push"();
