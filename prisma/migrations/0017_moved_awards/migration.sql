-- An award may be given to another customer while no ledger can have credited it, or if it is for tickets, which nothing is sent
-- for: an operator corrects a link to a wrong customer. A refused award is made PENDING and unsent first.
CREATE OR REPLACE FUNCTION "reward_awards_freeze"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW."decision_id", NEW."role", NEW."unit", NEW."quantity", NEW."draw_id", NEW."sku", NEW."available_at", NEW."expires_at")
        IS DISTINCT FROM
       (OLD."decision_id", OLD."role", OLD."unit", OLD."quantity", OLD."draw_id", OLD."sku", OLD."available_at", OLD."expires_at")
       OR (OLD."customer_id" IS NOT NULL AND NEW."customer_id" IS DISTINCT FROM OLD."customer_id"
           AND (OLD."sent_at" IS NOT NULL OR (OLD."state" <> 'PENDING' AND OLD."unit" <> 'TICKETS')))
       OR (OLD."credit_reference" IS NOT NULL AND OLD."sent_at" IS NOT NULL
           AND (NEW."credit_reference", NEW."ledger") IS DISTINCT FROM (OLD."credit_reference", OLD."ledger"))
       OR (OLD."state" IN ('CREDITED', 'CANCELLED', 'LAPSED') AND NEW."state" <> OLD."state") THEN
        RAISE EXCEPTION 'award % is on record and cannot be rewritten', OLD."id"
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reward_awards_freeze';
    END IF;
    RETURN NEW;
END $$;
