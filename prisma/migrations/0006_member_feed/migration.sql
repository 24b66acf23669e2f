-- AlterTable
ALTER TABLE "member_feeds" ADD COLUMN     "relayed" INTEGER NOT NULL DEFAULT 0;


-- By hand from here on.

-- How far Redis has been told; never further than there is something to tell.
ALTER TABLE "member_feeds" ADD CONSTRAINT "member_feeds_relayed_range" CHECK ("relayed" BETWEEN 0 AND "seq");
-- What Redis has not been told yet.
CREATE INDEX "member_feeds_to_relay" ON "member_feeds" ("customer_id") WHERE "seq" > "relayed";
-- For the sweep of what is too old. The table grows in the order of this column, so a few pages of index are enough.
CREATE INDEX "member_events_at" ON "member_events" USING brin ("at");

-- The one way into the log. The feed's row is locked from here to the end of the transaction, so numbers have no gap, and
-- nobody sees a number before the one that precedes it.

CREATE FUNCTION "tell_member"("customer" text, "kind" text, "facts" jsonb, "moment" timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    WITH "feed" AS (
        INSERT INTO "member_feeds" ("customer_id", "seq") VALUES ("customer", 1)
        ON CONFLICT ("customer_id") DO UPDATE SET "seq" = "member_feeds"."seq" + 1
        RETURNING "member_feeds"."customer_id", "member_feeds"."seq")
    INSERT INTO "member_events" ("customer_id", "seq", "type", "data", "at")
    SELECT "feed"."customer_id", "feed"."seq", "kind", "facts", "moment" FROM "feed";
END $$;

-- It is entered as the transaction commits, and the feeds of several customers in one order. So feeds are the last rows that
-- anybody locks: who waits for one has nothing left to take that another could be holding, and there is no deadlock, whatever
-- was locked before and whenever it was said that a member should be told. And a feed is held for no longer than a commit.

-- What a transaction under way wants told. No row outlives its transaction, so none needs to survive a crash.
CREATE UNLOGGED TABLE "member_news" (
    "xid" xid8 NOT NULL DEFAULT pg_current_xact_id(),
    "id" BIGINT GENERATED ALWAYS AS IDENTITY,
    "customer_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "member_news_pkey" PRIMARY KEY ("xid", "id")
);

-- The first row takes all of the transaction with it; the others then find nothing.
CREATE FUNCTION "member_news_tell"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    "news" "member_news";
BEGIN
    FOR "news" IN SELECT * FROM "member_news" WHERE "xid" = NEW."xid" ORDER BY "customer_id", "id" LOOP
        PERFORM "tell_member"("news"."customer_id", "news"."type", "news"."data", "news"."at");
    END LOOP;
    DELETE FROM "member_news" WHERE "xid" = NEW."xid";
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER "member_news_tell" AFTER INSERT ON "member_news"
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "member_news_tell"();

-- What happens to an order is told the same way; its transaction is about one customer, so it needs no list.

CREATE FUNCTION "order_events_tell_member"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM "tell_member"("orders"."customer_id", 'ORDER_STATUS_CHANGED', jsonb_build_object(
        'orderId', NEW."order_id", 'orderNumber', "orders"."number", 'orderSeq', NEW."seq", 'status', NEW."status",
        'previousStatus', NEW."previous_status", 'pointsState', NEW."points_state", 'lineId', NEW."line_id"), NEW."at")
    FROM "orders" WHERE "orders"."id" = NEW."order_id";
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER "order_events_tell_member" AFTER INSERT ON "order_events"
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "order_events_tell_member"();
