-- CreateTable
CREATE TABLE "closed_months" (
    "month" TEXT NOT NULL,
    "closed_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_by" TEXT NOT NULL,
    "note" TEXT NOT NULL,
    "taken" BIGINT NOT NULL,
    "returned" BIGINT NOT NULL,
    "credited" BIGINT NOT NULL,

    CONSTRAINT "closed_months_pkey" PRIMARY KEY ("month"),
    CONSTRAINT "closed_months_month" CHECK ("month" ~ '^[0-9]{4}-(0[1-9]|1[0-2])$')
);
-- A sign-off is not taken back: a later correction belongs to the month in which it is recorded.
CREATE TRIGGER "closed_months_kept" BEFORE UPDATE OR DELETE ON "closed_months" FOR EACH ROW EXECUTE FUNCTION "append_only"();

-- The prizes that a draw owes, without a read of all awards.
CREATE INDEX "reward_awards_owed_prizes" ON "reward_awards" ("draw_id")
    WHERE "draw_id" IS NOT NULL AND "unit" <> 'TICKETS' AND "state" IN ('PENDING', 'UNCERTAIN', 'NEEDS_ATTENTION', 'REFUSED');
