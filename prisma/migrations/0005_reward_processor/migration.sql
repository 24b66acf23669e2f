-- CreateEnum
CREATE TYPE "identity_kind" AS ENUM ('MEMBER_ID', 'USER_ID', 'NIK');

-- CreateEnum
CREATE TYPE "reward_message_source" AS ENUM ('HTTP', 'GRAPHQL', 'REDIS', 'REDRIVE');

-- CreateEnum
CREATE TYPE "decision_outcome" AS ENUM ('AWARD', 'SKIP');

-- CreateEnum
CREATE TYPE "award_role" AS ENUM ('MEMBER', 'SHARER', 'RECEIVER');

-- CreateEnum
CREATE TYPE "award_unit" AS ENUM ('POINTS', 'TICKETS');

-- CreateEnum
CREATE TYPE "award_state" AS ENUM ('PENDING', 'UNCERTAIN', 'CREDITED', 'REFUSED', 'NEEDS_ATTENTION', 'CANCELLED', 'LAPSED');

-- CreateTable
CREATE TABLE "reward_members" (
    "id" UUID NOT NULL,
    "customer_id" TEXT,
    "since" TIMESTAMPTZ(3),
    "merged_into" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "reward_members_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "member_identities" (
    "kind" "identity_kind" NOT NULL,
    "value" TEXT NOT NULL,
    "member_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "member_identities_pkey" PRIMARY KEY ("kind","value")
);

-- CreateTable
CREATE TABLE "reward_messages" (
    "id" UUID NOT NULL,
    "ticket_id" TEXT NOT NULL,
    "ticket_given" BOOLEAN NOT NULL,
    "digest" TEXT NOT NULL,
    "source" "reward_message_source" NOT NULL,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "payload" TEXT NOT NULL,
    "normalisations" JSONB NOT NULL,
    "answer" JSON NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "reward_messages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "quarantined_rewards" (
    "id" UUID NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "source" "reward_message_source" NOT NULL,
    "actor" TEXT NOT NULL,
    "ticket_id" TEXT,
    "payload" TEXT NOT NULL,
    "nik_hash" TEXT,
    "problems" JSONB NOT NULL,
    "times" INTEGER NOT NULL DEFAULT 1,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "last_received_at" TIMESTAMPTZ(3) NOT NULL,
    "redriven_at" TIMESTAMPTZ(3),
    "redriven_by" TEXT,
    "message_id" UUID,

    CONSTRAINT "quarantined_rewards_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reward_rules" (
    "rule_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "action" TEXT NOT NULL,
    "definition" JSONB NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "reward_rules_pkey" PRIMARY KEY ("rule_id","version")
);

-- CreateTable
CREATE TABLE "reward_counters" (
    "key" TEXT NOT NULL,
    "member_id" UUID,
    "value" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "reward_counters_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "reward_decisions" (
    "id" UUID NOT NULL,
    "message_id" UUID NOT NULL,
    "line" INTEGER NOT NULL,
    "rule_id" TEXT NOT NULL,
    "rule_version" INTEGER NOT NULL,
    "outcome" "decision_outcome" NOT NULL,
    "reason" TEXT,
    "explanation" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "reward_decisions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reward_awards" (
    "id" UUID NOT NULL,
    "effect_key" TEXT NOT NULL,
    "decision_id" UUID NOT NULL,
    "member_id" UUID NOT NULL,
    "customer_id" TEXT,
    "receiver_id" UUID,
    "role" "award_role" NOT NULL,
    "unit" "award_unit" NOT NULL,
    "quantity" BIGINT NOT NULL,
    "draw_id" TEXT,
    "available_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "state" "award_state" NOT NULL DEFAULT 'PENDING',
    "ledger" "points_ledger",
    "credit_reference" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "sent_at" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "settled_at" TIMESTAMPTZ(3),

    CONSTRAINT "reward_awards_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "referrals" (
    "receiver_id" UUID NOT NULL,
    "sharer_id" UUID NOT NULL,
    "message_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "referrals_pkey" PRIMARY KEY ("receiver_id")
);

-- CreateTable
CREATE TABLE "check_ins" (
    "member_id" UUID NOT NULL,
    "date" DATE NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "late" BOOLEAN NOT NULL DEFAULT false,
    "message_id" UUID NOT NULL,

    CONSTRAINT "check_ins_pkey" PRIMARY KEY ("member_id","date")
);

-- CreateTable
CREATE TABLE "draw_campaigns" (
    "id" TEXT NOT NULL,
    "campaign" JSONB NOT NULL,
    "seed" BYTEA NOT NULL,
    "opening_hash" TEXT NOT NULL,
    "tickets" INTEGER NOT NULL DEFAULT 0,
    "last_hash" TEXT NOT NULL,
    "given" JSONB NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "draw_campaigns_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "draw_tickets" (
    "draw_id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "award_id" UUID NOT NULL,
    "member_id" UUID NOT NULL,
    "holder" TEXT NOT NULL,
    "holder_id" TEXT NOT NULL,
    "ticket_secret" TEXT NOT NULL,
    "issued_at" TIMESTAMPTZ(3) NOT NULL,
    "roll" INTEGER NOT NULL,
    "hit" TEXT NOT NULL,
    "prize" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "draw_tickets_pkey" PRIMARY KEY ("draw_id","number")
);

-- CreateTable
CREATE TABLE "member_feeds" (
    "customer_id" TEXT NOT NULL,
    "seq" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "member_feeds_pkey" PRIMARY KEY ("customer_id")
);

-- CreateTable
CREATE TABLE "member_events" (
    "customer_id" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "member_events_pkey" PRIMARY KEY ("customer_id","seq")
);

-- CreateIndex
CREATE UNIQUE INDEX "reward_members_customer_id_key" ON "reward_members"("customer_id");

-- CreateIndex
CREATE INDEX "member_identities_member_id_idx" ON "member_identities"("member_id");

-- CreateIndex
CREATE UNIQUE INDEX "reward_messages_ticket_id_key" ON "reward_messages"("ticket_id");

-- CreateIndex
CREATE INDEX "reward_messages_received_at_id_idx" ON "reward_messages"("received_at" DESC, "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "quarantined_rewards_fingerprint_key" ON "quarantined_rewards"("fingerprint");

-- CreateIndex
CREATE INDEX "quarantined_rewards_received_at_id_idx" ON "quarantined_rewards"("received_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "reward_counters_member_id_idx" ON "reward_counters"("member_id");

-- CreateIndex
CREATE INDEX "reward_decisions_rule_id_rule_version_idx" ON "reward_decisions"("rule_id", "rule_version");

-- CreateIndex
CREATE UNIQUE INDEX "reward_decisions_message_id_line_rule_id_key" ON "reward_decisions"("message_id", "line", "rule_id");

-- CreateIndex
CREATE UNIQUE INDEX "reward_awards_effect_key_key" ON "reward_awards"("effect_key");

-- CreateIndex
CREATE UNIQUE INDEX "reward_awards_credit_reference_key" ON "reward_awards"("credit_reference");

-- CreateIndex
CREATE INDEX "reward_awards_member_id_created_at_id_idx" ON "reward_awards"("member_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "reward_awards_customer_id_created_at_id_idx" ON "reward_awards"("customer_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "reward_awards_receiver_id_idx" ON "reward_awards"("receiver_id");

-- CreateIndex
CREATE INDEX "reward_awards_decision_id_idx" ON "reward_awards"("decision_id");

-- CreateIndex
CREATE INDEX "referrals_sharer_id_idx" ON "referrals"("sharer_id");

-- CreateIndex
CREATE INDEX "draw_tickets_award_id_idx" ON "draw_tickets"("award_id");

-- CreateIndex
CREATE INDEX "draw_tickets_member_id_idx" ON "draw_tickets"("member_id");

-- AddForeignKey
ALTER TABLE "reward_members" ADD CONSTRAINT "reward_members_merged_into_fkey" FOREIGN KEY ("merged_into") REFERENCES "reward_members"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "member_identities" ADD CONSTRAINT "member_identities_member_id_fkey" FOREIGN KEY ("member_id") REFERENCES "reward_members"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "quarantined_rewards" ADD CONSTRAINT "quarantined_rewards_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "reward_messages"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reward_counters" ADD CONSTRAINT "reward_counters_member_id_fkey" FOREIGN KEY ("member_id") REFERENCES "reward_members"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reward_decisions" ADD CONSTRAINT "reward_decisions_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "reward_messages"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reward_decisions" ADD CONSTRAINT "reward_decisions_rule_id_rule_version_fkey" FOREIGN KEY ("rule_id", "rule_version") REFERENCES "reward_rules"("rule_id", "version") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reward_awards" ADD CONSTRAINT "reward_awards_decision_id_fkey" FOREIGN KEY ("decision_id") REFERENCES "reward_decisions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reward_awards" ADD CONSTRAINT "reward_awards_member_id_fkey" FOREIGN KEY ("member_id") REFERENCES "reward_members"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reward_awards" ADD CONSTRAINT "reward_awards_receiver_id_fkey" FOREIGN KEY ("receiver_id") REFERENCES "reward_members"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "referrals" ADD CONSTRAINT "referrals_receiver_id_fkey" FOREIGN KEY ("receiver_id") REFERENCES "reward_members"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "referrals" ADD CONSTRAINT "referrals_sharer_id_fkey" FOREIGN KEY ("sharer_id") REFERENCES "reward_members"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "referrals" ADD CONSTRAINT "referrals_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "reward_messages"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "check_ins" ADD CONSTRAINT "check_ins_member_id_fkey" FOREIGN KEY ("member_id") REFERENCES "reward_members"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "check_ins" ADD CONSTRAINT "check_ins_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "reward_messages"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "draw_tickets" ADD CONSTRAINT "draw_tickets_draw_id_fkey" FOREIGN KEY ("draw_id") REFERENCES "draw_campaigns"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "draw_tickets" ADD CONSTRAINT "draw_tickets_award_id_fkey" FOREIGN KEY ("award_id") REFERENCES "reward_awards"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "draw_tickets" ADD CONSTRAINT "draw_tickets_member_id_fkey" FOREIGN KEY ("member_id") REFERENCES "reward_members"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "member_events" ADD CONSTRAINT "member_events_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "member_feeds"("customer_id") ON DELETE RESTRICT ON UPDATE CASCADE;


-- By hand from here on.

-- Values

ALTER TABLE "reward_members" ADD CONSTRAINT "reward_members_merged_has_nothing"
    CHECK ("merged_into" IS NULL OR ("customer_id" IS NULL AND "merged_into" <> "id"));
-- A national id is sixteen digits: no digit gets in.
ALTER TABLE "member_identities" ADD CONSTRAINT "member_identities_nik_hashed" CHECK ("kind" <> 'NIK' OR "value" ~ '^[a-p]{64}$');
ALTER TABLE "quarantined_rewards"
    ADD CONSTRAINT "quarantined_rewards_nik_hashed" CHECK ("nik_hash" ~ '^[a-p]{64}$'),
    ADD CONSTRAINT "quarantined_rewards_redriven_whole"
        CHECK (num_nonnulls("redriven_at", "redriven_by", "message_id") IN (0, 3));
ALTER TABLE "reward_counters" ADD CONSTRAINT "reward_counters_range" CHECK ("value" BETWEEN 0 AND 9007199254740991);
ALTER TABLE "reward_decisions" ADD CONSTRAINT "reward_decisions_reason_of_skip" CHECK (("outcome" = 'SKIP') = ("reason" IS NOT NULL));
ALTER TABLE "reward_awards"
    ADD CONSTRAINT "reward_awards_quantity_range" CHECK ("quantity" BETWEEN 1 AND 9007199254740991),
    ADD CONSTRAINT "reward_awards_tickets_have_draw" CHECK ("unit" = 'POINTS' OR "draw_id" IS NOT NULL),
    -- Points are sent to a customer or to nobody, and under a key.
    ADD CONSTRAINT "reward_awards_sent_to_somebody"
        CHECK ("sent_at" IS NULL OR ("customer_id" IS NOT NULL AND "ledger" IS NOT NULL AND "credit_reference" IS NOT NULL)),
    ADD CONSTRAINT "reward_awards_known_when_sent"
        CHECK ("unit" = 'TICKETS' OR "sent_at" IS NOT NULL OR "state" NOT IN ('UNCERTAIN', 'CREDITED')),
    ADD CONSTRAINT "reward_awards_dropped_unsent" CHECK ("sent_at" IS NULL OR "state" NOT IN ('CANCELLED', 'LAPSED')),
    ADD CONSTRAINT "reward_awards_settled"
        CHECK (("settled_at" IS NOT NULL) = ("state" IN ('CREDITED', 'REFUSED', 'CANCELLED', 'LAPSED')));
ALTER TABLE "referrals" ADD CONSTRAINT "referrals_of_another" CHECK ("receiver_id" <> "sharer_id");
ALTER TABLE "draw_tickets" ADD CONSTRAINT "draw_tickets_number_positive" CHECK ("number" > 0);

-- One of a kind

-- What has no ticket of its producer is known by what it means.
CREATE UNIQUE INDEX "reward_messages_known_by_digest" ON "reward_messages" ("digest") WHERE NOT "ticket_given";

-- Look-ups

-- To be credited, next first: `state = 'PENDING' AND customer_id IS NOT NULL AND unit = 'POINTS' AND available_at <= now`.
CREATE INDEX "reward_awards_to_credit" ON "reward_awards" ("available_at", "id")
    WHERE "state" = 'PENDING' AND "customer_id" IS NOT NULL AND "unit" = 'POINTS';
CREATE INDEX "reward_awards_open" ON "reward_awards" ("state", "created_at", "id")
    WHERE "state" IN ('UNCERTAIN', 'REFUSED', 'NEEDS_ATTENTION');
CREATE INDEX "quarantined_rewards_open" ON "quarantined_rewards" ("received_at" DESC, "id" DESC) WHERE "redriven_at" IS NULL;
CREATE INDEX "reward_rules_in_force" ON "reward_rules" ("action") WHERE "retired_at" IS NULL;

-- A version of a rule that has decided something stays as it was.

CREATE FUNCTION "reward_rules_freeze"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD."used_at" IS NULL THEN RETURN OLD; END IF;
    ELSIF (NEW."rule_id", NEW."version") IS NOT DISTINCT FROM (OLD."rule_id", OLD."version")
        AND (OLD."used_at" IS NULL OR (NEW."action", NEW."definition", NEW."used_at")
             IS NOT DISTINCT FROM (OLD."action", OLD."definition", OLD."used_at")) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'version % of rule % has been used and cannot be rewritten', OLD."version", OLD."rule_id"
        USING ERRCODE = 'check_violation', CONSTRAINT = 'reward_rules_freeze';
END $$;
CREATE TRIGGER "reward_rules_freeze" BEFORE UPDATE OR DELETE ON "reward_rules"
    FOR EACH ROW EXECUTE FUNCTION "reward_rules_freeze"();

-- What was awarded is not rewritten; once somebody's, it stays theirs, and what was credited stays credited. Who a member is
-- may turn out later: then the member and the names in the effect key change.

CREATE FUNCTION "reward_awards_freeze"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW."decision_id", NEW."role", NEW."unit", NEW."quantity", NEW."draw_id", NEW."available_at", NEW."expires_at")
        IS DISTINCT FROM
       (OLD."decision_id", OLD."role", OLD."unit", OLD."quantity", OLD."draw_id", OLD."available_at", OLD."expires_at")
       OR (OLD."customer_id" IS NOT NULL AND NEW."customer_id" IS DISTINCT FROM OLD."customer_id")
       OR (OLD."credit_reference" IS NOT NULL AND OLD."sent_at" IS NOT NULL
           AND (NEW."credit_reference", NEW."ledger") IS DISTINCT FROM (OLD."credit_reference", OLD."ledger"))
       OR (OLD."state" IN ('CREDITED', 'CANCELLED', 'LAPSED') AND NEW."state" <> OLD."state") THEN
        RAISE EXCEPTION 'award % is on record and cannot be rewritten', OLD."id"
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reward_awards_freeze';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER "reward_awards_freeze" BEFORE UPDATE ON "reward_awards"
    FOR EACH ROW EXECUTE FUNCTION "reward_awards_freeze"();

-- A draw is what was announced, and its tickets are what was drawn; only whose they are may turn out later.

CREATE FUNCTION "draw_campaigns_freeze"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW."id", NEW."campaign", NEW."seed", NEW."opening_hash") IS DISTINCT FROM (OLD."id", OLD."campaign", OLD."seed", OLD."opening_hash")
       OR NEW."tickets" < OLD."tickets" OR (OLD."closed_at" IS NOT NULL AND NEW IS DISTINCT FROM OLD) THEN
        RAISE EXCEPTION 'draw % was announced and cannot be rewritten', OLD."id"
            USING ERRCODE = 'check_violation', CONSTRAINT = 'draw_campaigns_freeze';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER "draw_campaigns_freeze" BEFORE UPDATE ON "draw_campaigns"
    FOR EACH ROW EXECUTE FUNCTION "draw_campaigns_freeze"();

CREATE FUNCTION "draw_tickets_freeze"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    "before" "draw_tickets" := OLD;
BEGIN
    "before"."member_id" := NEW."member_id";
    IF NEW IS DISTINCT FROM "before" THEN
        RAISE EXCEPTION 'ticket % of draw % cannot be rewritten', OLD."number", OLD."draw_id"
            USING ERRCODE = 'check_violation', CONSTRAINT = 'draw_tickets_freeze';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER "draw_tickets_freeze" BEFORE UPDATE ON "draw_tickets"
    FOR EACH ROW EXECUTE FUNCTION "draw_tickets_freeze"();

CREATE TRIGGER "reward_messages_kept" BEFORE UPDATE OR DELETE ON "reward_messages" FOR EACH ROW EXECUTE FUNCTION "append_only"();
CREATE TRIGGER "reward_decisions_kept" BEFORE UPDATE OR DELETE ON "reward_decisions" FOR EACH ROW EXECUTE FUNCTION "append_only"();
CREATE TRIGGER "reward_awards_kept" BEFORE DELETE ON "reward_awards" FOR EACH ROW EXECUTE FUNCTION "append_only"();
CREATE TRIGGER "draw_campaigns_kept" BEFORE DELETE ON "draw_campaigns" FOR EACH ROW EXECUTE FUNCTION "append_only"();
CREATE TRIGGER "draw_tickets_kept" BEFORE DELETE ON "draw_tickets" FOR EACH ROW EXECUTE FUNCTION "append_only"();
CREATE TRIGGER "member_events_kept" BEFORE UPDATE ON "member_events" FOR EACH ROW EXECUTE FUNCTION "append_only"();
