-- Who asked for a one-time password: limits count for a customer and a requester, so that a stranger uses up nobody's but their own.
-- The defaults let a process of the version before go on inserting.
ALTER TABLE "otp_challenges"
    ADD COLUMN "requester_hash" BYTEA NOT NULL DEFAULT '',
    ADD COLUMN "device_hash" BYTEA,
    ADD COLUMN "is_known_device" BOOLEAN NOT NULL DEFAULT false;

UPDATE "otp_challenges" SET "requester_hash" = "address_hash" WHERE "created_at" > now() - interval '1 day';

CREATE INDEX "otp_challenges_created_at_idx" ON "otp_challenges" ("created_at");

-- Browsers that have signed in as a customer.
CREATE TABLE "known_devices" (
    "customer_id" TEXT NOT NULL,
    "device_hash" BYTEA NOT NULL,
    "signed_in_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "known_devices_pkey" PRIMARY KEY ("customer_id", "device_hash")
);

CREATE INDEX "known_devices_signed_in_at_idx" ON "known_devices" ("signed_in_at");
