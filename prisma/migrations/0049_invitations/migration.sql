-- The code by which a customer invites others.
CREATE TABLE "invitations" (
    "customer_id" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "invitations_pkey" PRIMARY KEY ("customer_id")
);

CREATE UNIQUE INDEX "invitations_code_key" ON "invitations"("code");

-- A customer accepts one invitation; the message is the referral that came of it.
CREATE TABLE "accepted_invitations" (
    "customer_id" TEXT NOT NULL,
    "inviter_id" TEXT NOT NULL,
    "accepted_at" TIMESTAMPTZ(3) NOT NULL,
    "message_id" UUID NOT NULL,

    CONSTRAINT "accepted_invitations_pkey" PRIMARY KEY ("customer_id"),
    CONSTRAINT "accepted_invitations_of_another" CHECK ("customer_id" <> "inviter_id")
);

CREATE INDEX "accepted_invitations_inviter_id_accepted_at_idx" ON "accepted_invitations"("inviter_id", "accepted_at");

ALTER TABLE "accepted_invitations" ADD CONSTRAINT "accepted_invitations_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "reward_messages"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
