-- The events of an order that one statement inserts are appended to the customer's feed together, at the commit as before: the
-- last of them tells the others. Versions that do not know the column let each event tell itself.
ALTER TABLE "order_events" ADD COLUMN     "tells" INTEGER NOT NULL DEFAULT 1;
ALTER TABLE "order_events" ADD CONSTRAINT "order_events_tells" CHECK ("tells" BETWEEN 0 AND "seq");

CREATE OR REPLACE FUNCTION "order_events_tell_member"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH "changed" AS (
        SELECT "customer_id", "number" FROM "orders" WHERE "id" = NEW."order_id"
    ), "feed" AS (
        INSERT INTO "member_feeds" ("customer_id", "seq") SELECT "customer_id", NEW."tells" FROM "changed"
        ON CONFLICT ("customer_id") DO UPDATE SET "seq" = "member_feeds"."seq" + NEW."tells"
        RETURNING "member_feeds"."customer_id", "member_feeds"."seq")
    INSERT INTO "member_events" ("customer_id", "seq", "type", "data", "at")
    SELECT "feed"."customer_id", "feed"."seq" - (NEW."seq" - "event"."seq"), 'ORDER_STATUS_CHANGED', jsonb_build_object(
        'orderId', "event"."order_id", 'orderNumber', "changed"."number", 'orderSeq', "event"."seq", 'status', "event"."status",
        'previousStatus', "event"."previous_status", 'pointsState', "event"."points_state", 'lineId', "event"."line_id"), "event"."at"
    FROM "feed", "changed", "order_events" "event"
    WHERE "event"."order_id" = NEW."order_id" AND "event"."seq" > NEW."seq" - NEW."tells" AND "event"."seq" <= NEW."seq"
    ORDER BY "event"."seq";
    RETURN NULL;
END $$;
DROP TRIGGER "order_events_tell_member" ON "order_events";
CREATE CONSTRAINT TRIGGER "order_events_tell_member" AFTER INSERT ON "order_events"
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW."tells" > 0) EXECUTE FUNCTION "order_events_tell_member"();
