-- The erasure of a customer (`eraseCustomer`) replaces the customer's id by a pseudonym, also in records that nothing else changes. It says
-- so by `set_config('tessera.erasing', 'on', true)` in its transaction. Amounts, states and references stay frozen meanwhile, and the
-- hash chain over the audit log shows each entry that was changed.

CREATE OR REPLACE FUNCTION "append_only"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME IN ('audit_log', 'reward_messages') AND current_setting('tessera.erasing', true) = 'on' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation', CONSTRAINT = 'append_only';
END $$;

CREATE OR REPLACE FUNCTION "points_movements_freeze"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('tessera.erasing', true) = 'on' THEN
        OLD."customer_id" := NEW."customer_id";
    END IF;
    IF (NEW."order_id", NEW."customer_id", NEW."kind", NEW."number", NEW."ledger", NEW."pay_with", NEW."group_id", NEW."unit_id",
        NEW."points", NEW."reference", NEW."reason_text")
        IS DISTINCT FROM
       (OLD."order_id", OLD."customer_id", OLD."kind", OLD."number", OLD."ledger", OLD."pay_with", OLD."group_id", OLD."unit_id",
        OLD."points", OLD."reference", OLD."reason_text")
       OR (OLD."state" = 'CONFIRMED' AND NEW."state" <> 'CONFIRMED') THEN
        RAISE EXCEPTION 'points movement % is on record and cannot be rewritten', OLD."id"
            USING ERRCODE = 'check_violation', CONSTRAINT = 'points_movements_freeze';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION "reward_awards_freeze"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('tessera.erasing', true) = 'on' THEN
        OLD."customer_id" := NEW."customer_id";
    END IF;
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

-- For the sweep of what is older than it is kept.
CREATE INDEX "orders_with_address" ON "orders" ("placed_at") WHERE "shipping_address" IS NOT NULL;
CREATE INDEX "reward_messages_with_payload" ON "reward_messages" ("received_at") WHERE "payload" <> '{}';
CREATE INDEX "quarantined_rewards_last_received" ON "quarantined_rewards" ("last_received_at");
