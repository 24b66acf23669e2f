-- Texts of a reward in other languages than that of its own columns: {"hi": {"name": …, "description": …, "terms": …, "howToUse": …}}.
-- The columns stay what a reward has in the programme's language, so lists in that language read nothing more.
ALTER TABLE "rewards" ADD COLUMN "texts" JSONB NOT NULL DEFAULT '{}';

-- Names in other languages by the name itself, as gettext has it: categories, rules, multipliers, draws and prizes. Rules and draws
-- cannot be changed once they are used, but their translations can be corrected.
CREATE TABLE "translations" (
    "text" TEXT NOT NULL,
    "language" TEXT NOT NULL,
    "translation" TEXT NOT NULL,

    CONSTRAINT "translations_pkey" PRIMARY KEY ("text", "language")
);

-- The translations of the reward's category, for the search alone.
ALTER TABLE "rewards" ADD COLUMN "category_words" TEXT NOT NULL DEFAULT '';

CREATE FUNCTION "category_words_of"("category" text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg("translation", ' ' ORDER BY "language"), '') FROM "translations" WHERE "text" = $1
$$;
CREATE FUNCTION "reward_category_words"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW."category_words" := "category_words_of"(NEW."category");
    RETURN NEW;
END $$;
CREATE TRIGGER "rewards_category_words" BEFORE INSERT OR UPDATE OF "category" ON "rewards"
    FOR EACH ROW EXECUTE FUNCTION "reward_category_words"();
CREATE FUNCTION "translations_of_category"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "rewards" SET "category_words" = "category_words_of"("category")
    WHERE "category" IN (OLD."text", NEW."text") AND "category_words" <> "category_words_of"("category");
    RETURN NULL;
END $$;
CREATE TRIGGER "translations_of_category" AFTER INSERT OR UPDATE OR DELETE ON "translations"
    FOR EACH ROW EXECUTE FUNCTION "translations_of_category"();

-- A field of the texts in all languages.
CREATE FUNCTION "texts_of"("texts" jsonb, "field" text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(string_agg("value" ->> $2, ' ' ORDER BY "key"), '') FROM jsonb_each($1)
$$;

-- The search knows the words of all languages, because people type a brand's English word on a Hindi page, too.
DROP TRIGGER "reward_words_update" ON "rewards";
DROP INDEX "rewards_search";
ALTER TABLE "rewards" DROP COLUMN "search";
ALTER TABLE "rewards" ADD COLUMN "search" tsvector GENERATED ALWAYS AS (
    setweight(to_tsvector('simple', "plain_text"("name" || ' ' || "texts_of"("texts", 'name'))), 'A') ||
    setweight(to_tsvector('simple', "plain_text"("brand" || ' ' || "category" || ' ' || "category_words")), 'B') ||
    setweight(to_tsvector('simple', "plain_text"("description" || ' ' || "texts_of"("texts", 'description'))), 'C')
) STORED;
CREATE INDEX "rewards_search" ON "rewards" USING gin ("search");
CREATE TRIGGER "reward_words_update" AFTER UPDATE OF "name", "brand", "category", "description", "texts", "category_words" ON "rewards"
    FOR EACH ROW WHEN (NEW."search" IS DISTINCT FROM OLD."search") EXECUTE FUNCTION "reward_words_add"();
