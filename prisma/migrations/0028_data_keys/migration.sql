-- CreateTable
CREATE TABLE "data_keys" (
    "purpose" TEXT NOT NULL,
    "sealed" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "data_keys_pkey" PRIMARY KEY ("purpose")
);

-- A new secret encrypts a draw's seed anew: its bytes may change, and nothing else with them. The seed itself is fixed by its hash in
-- the announcement.
CREATE OR REPLACE FUNCTION "draw_campaigns_freeze"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    "resealed" "draw_campaigns" := OLD;
BEGIN
    "resealed"."seed" := NEW."seed";
    IF NEW IS NOT DISTINCT FROM "resealed" THEN
        RETURN NEW;
    END IF;
    IF (NEW."id", NEW."campaign", NEW."seed", NEW."opening_hash") IS DISTINCT FROM (OLD."id", OLD."campaign", OLD."seed", OLD."opening_hash")
       OR NEW."tickets" < OLD."tickets" OR (OLD."closed_at" IS NOT NULL AND NEW IS DISTINCT FROM OLD) THEN
        RAISE EXCEPTION 'draw % was announced and cannot be rewritten', OLD."id"
            USING ERRCODE = 'check_violation', CONSTRAINT = 'draw_campaigns_freeze';
    END IF;
    RETURN NEW;
END $$;
