-- Points can exceed what was taken only by a row that returns some: what is confirmed as taken stays so.
DROP TRIGGER "points_movements_conserve" ON "points_movements";
CREATE TRIGGER "points_movements_conserve" AFTER INSERT OR UPDATE ON "points_movements"
    FOR EACH ROW WHEN (NEW."kind" = 'RETURNED') EXECUTE FUNCTION "points_movements_conserve"();

-- One statement an event. It does what "tell_member" does: the feed's row is locked first, then the event has its number.
CREATE OR REPLACE FUNCTION "order_events_tell_member"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH "changed" AS (
        SELECT "customer_id", "number" FROM "orders" WHERE "id" = NEW."order_id"
    ), "feed" AS (
        INSERT INTO "member_feeds" ("customer_id", "seq") SELECT "customer_id", 1 FROM "changed"
        ON CONFLICT ("customer_id") DO UPDATE SET "seq" = "member_feeds"."seq" + 1
        RETURNING "member_feeds"."customer_id", "member_feeds"."seq")
    INSERT INTO "member_events" ("customer_id", "seq", "type", "data", "at")
    SELECT "feed"."customer_id", "feed"."seq", 'ORDER_STATUS_CHANGED', jsonb_build_object(
        'orderId', NEW."order_id", 'orderNumber', "changed"."number", 'orderSeq', NEW."seq", 'status', NEW."status",
        'previousStatus', NEW."previous_status", 'pointsState', NEW."points_state", 'lineId', NEW."line_id"), NEW."at"
    FROM "feed", "changed";
    RETURN NULL;
END $$;
