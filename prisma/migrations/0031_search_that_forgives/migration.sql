-- Similar words are found by their trigrams. The extension comes with PostgreSQL, and the owner of a database may install it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Letters without accents, in lower case, however they are composed. Marks of scripts that spell with them stay.
CREATE FUNCTION "plain_text"("text" text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT replace(replace(replace(replace(replace(
        lower(regexp_replace(normalize($1, NFKD), '[\u0300-\u036f]', '', 'g')), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'ø', 'o'), 'ł', 'l')
$$;

DROP INDEX "rewards_search";
ALTER TABLE "rewards" DROP COLUMN "search";
ALTER TABLE "rewards" ADD COLUMN "search" tsvector GENERATED ALWAYS AS (
    setweight(to_tsvector('simple', "plain_text"("name")), 'A') ||
    setweight(to_tsvector('simple', "plain_text"("brand" || ' ' || "category")), 'B') ||
    setweight(to_tsvector('simple', "plain_text"("description")), 'C')
) STORED;
CREATE INDEX "rewards_search" ON "rewards" USING gin ("search");

-- The words of all rewards, ever. A word that is misspelt or a part of one is looked for here, which is small, and then the rewards
-- by the words that it may mean.
CREATE TABLE "reward_words" (
    "word" TEXT NOT NULL,

    CONSTRAINT "reward_words_pkey" PRIMARY KEY ("word")
);
CREATE INDEX "reward_words_similar" ON "reward_words" USING gin ("word" gin_trgm_ops);

CREATE FUNCTION "reward_words_add"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "reward_words" ("word")
    SELECT "lexeme" FROM unnest(NEW."search") WHERE length("lexeme") BETWEEN 3 AND 40 ORDER BY "lexeme"
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER "reward_words_insert" AFTER INSERT ON "rewards" FOR EACH ROW EXECUTE FUNCTION "reward_words_add"();
CREATE TRIGGER "reward_words_update" AFTER UPDATE OF "name", "brand", "category", "description" ON "rewards"
    FOR EACH ROW WHEN (NEW."search" IS DISTINCT FROM OLD."search") EXECUTE FUNCTION "reward_words_add"();

INSERT INTO "reward_words" ("word")
SELECT DISTINCT "lexeme" FROM "rewards", unnest("search") WHERE length("lexeme") BETWEEN 3 AND 40;
