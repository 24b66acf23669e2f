-- AlterTable
ALTER TABLE "audit_log" ADD COLUMN "source_key" TEXT;

-- CreateTable
CREATE TABLE "audit_seals" (
    "seq" BIGINT NOT NULL,
    "audit_id" BIGINT NOT NULL,
    "content_hash" BYTEA NOT NULL,
    "hash" BYTEA NOT NULL,
    "sealed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_seals_pkey" PRIMARY KEY ("seq")
);

-- CreateIndex
CREATE UNIQUE INDEX "audit_log_source_key_key" ON "audit_log"("source_key");

-- CreateIndex
CREATE UNIQUE INDEX "audit_seals_audit_id_key" ON "audit_seals"("audit_id");

-- AddForeignKey
ALTER TABLE "audit_seals" ADD CONSTRAINT "audit_seals_audit_id_fkey" FOREIGN KEY ("audit_id") REFERENCES "audit_log"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Neither the log nor its chain is changed, by rows or as a whole. A database administrator can remove a trigger; the chain shows it.
CREATE TRIGGER "audit_seals_kept" BEFORE UPDATE OR DELETE ON "audit_seals" FOR EACH ROW EXECUTE FUNCTION "append_only"();
CREATE TRIGGER "audit_seals_not_truncated" BEFORE TRUNCATE ON "audit_seals" FOR EACH STATEMENT EXECUTE FUNCTION "append_only"();
CREATE TRIGGER "audit_log_not_truncated" BEFORE TRUNCATE ON "audit_log" FOR EACH STATEMENT EXECUTE FUNCTION "append_only"();

-- The text that an entry's hash is made of. The moment as seconds, because the text of a timestamp depends on the session's time zone.
CREATE FUNCTION "audit_content_hash"("entry" "audit_log") RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(jsonb_build_array(
        "entry"."id", extract(epoch FROM "entry"."at"), "entry"."actor", "entry"."action", "entry"."subject", "entry"."details",
        "entry"."source_key")::text, 'UTF8'))
$$;

-- Outcomes by the time they were recorded: a few bytes for many rows, because rows are written in this order.
CREATE INDEX "audit_log_copied" ON "audit_log" ("at") WHERE "source_key" IS NOT NULL;
CREATE INDEX "points_movements_settled" ON "points_movements" USING brin ("settled_at");
CREATE INDEX "reward_awards_settled" ON "reward_awards" USING brin ("settled_at");
CREATE INDEX "unit_issues_settled" ON "unit_issues" USING brin ("settled_at");
