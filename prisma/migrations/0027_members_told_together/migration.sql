-- Members are told by one statement for all rows of a transaction, where there were two for each row. The first row that fires takes
-- the rows of the whole transaction with it, so a statement that inserts many lets only its first one fire.
ALTER TABLE "member_news" ADD COLUMN "tells" BOOLEAN NOT NULL DEFAULT true;

CREATE OR REPLACE FUNCTION "member_news_tell"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH "news" AS (
        DELETE FROM "member_news" WHERE "xid" = NEW."xid" RETURNING "id", "customer_id", "type", "data", "at"
    ), "counted" AS (
        SELECT "customer_id", count(*)::integer AS "events" FROM "news" GROUP BY "customer_id"
    ), "feed" AS (
        INSERT INTO "member_feeds" ("customer_id", "seq") SELECT "customer_id", "events" FROM "counted" ORDER BY "customer_id"
        ON CONFLICT ("customer_id") DO UPDATE SET "seq" = "member_feeds"."seq" + EXCLUDED."seq"
        RETURNING "member_feeds"."customer_id", "member_feeds"."seq")
    INSERT INTO "member_events" ("customer_id", "seq", "type", "data", "at")
    SELECT "customer_id", "feed"."seq" - "counted"."events" + row_number() OVER (PARTITION BY "customer_id" ORDER BY "news"."id"),
        "news"."type", "news"."data", "news"."at"
    FROM "news" JOIN "counted" USING ("customer_id") JOIN "feed" USING ("customer_id");
    RETURN NULL;
END $$;
DROP TRIGGER "member_news_tell" ON "member_news";
CREATE CONSTRAINT TRIGGER "member_news_tell" AFTER INSERT ON "member_news"
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW."tells") EXECUTE FUNCTION "member_news_tell"();
