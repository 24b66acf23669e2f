-- A person: an account, or a subject of the identity provider. A key belongs to the person who made it, and knows its secret.
ALTER TABLE "operator_keys" ADD COLUMN "person_id" TEXT;
ALTER TABLE "operator_sessions" ADD COLUMN "person_id" TEXT;
ALTER TABLE "reversal_requests" ADD COLUMN "requested_person" TEXT;
ALTER TABLE "reversal_requests" ADD COLUMN "decided_person" TEXT;
ALTER TABLE "reversal_requests" ADD COLUMN "cancels" BOOLEAN NOT NULL DEFAULT false;

UPDATE "operator_keys" SET "person_id" = 'account:' || a."id"
  FROM "operator_accounts" a WHERE "operator_keys"."created_by" = 'account:' || a."name";
UPDATE "operator_sessions" SET "person_id" = 'account:' || "account_id" WHERE "account_id" IS NOT NULL;
UPDATE "operator_sessions" s SET "person_id" = k."person_id" FROM "operator_keys" k WHERE s."key_id" = k."id";

-- Two names may have been one person: open requests expire and are made again. Decided requests keep their names as persons.
UPDATE "reversal_requests" SET "state" = 'EXPIRED' WHERE "state" = 'OPEN';
UPDATE "reversal_requests" SET "requested_person" = 'name:' || "requested_by", "decided_person" = 'name:' || "decided_by";

ALTER TABLE "reversal_requests" DROP CONSTRAINT "reversal_requests_four_eyes";
ALTER TABLE "reversal_requests" ADD CONSTRAINT "reversal_requests_four_eyes"
  CHECK ("state" <> 'APPROVED' OR ("requested_person" IS NOT NULL AND "decided_person" IS NOT NULL AND "decided_person" <> "requested_person"));
