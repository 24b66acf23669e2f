-- AlterTable
ALTER TABLE "operator_sessions" ADD COLUMN     "account_id" UUID,
ADD COLUMN     "signed_in_by" TEXT NOT NULL DEFAULT 'KEY';

-- CreateTable
CREATE TABLE "operator_accounts" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "roles" TEXT[],
    "password" TEXT,
    "totp_secret" BYTEA NOT NULL,
    "totp_used_step" BIGINT,
    "enrolment_hash" BYTEA,
    "enrolment_expires_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by" TEXT NOT NULL,
    "disabled_at" TIMESTAMPTZ(3),
    "disabled_by" TEXT,

    CONSTRAINT "operator_accounts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "operator_devices" (
    "id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "device_hash" BYTEA NOT NULL,
    "used_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "operator_devices_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "operator_sign_in_tries" (
    "id" UUID NOT NULL,
    "address_hash" BYTEA NOT NULL,
    "name_hash" BYTEA NOT NULL,
    "device_hash" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "operator_sign_in_tries_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "operator_accounts_name_key" ON "operator_accounts"("name");

-- CreateIndex
CREATE UNIQUE INDEX "operator_accounts_enrolment_hash_key" ON "operator_accounts"("enrolment_hash");

-- CreateIndex
CREATE UNIQUE INDEX "operator_devices_account_id_device_hash_key" ON "operator_devices"("account_id", "device_hash");

-- CreateIndex
CREATE INDEX "operator_sign_in_tries_address_hash_created_at_idx" ON "operator_sign_in_tries"("address_hash", "created_at");

-- CreateIndex
CREATE INDEX "operator_sign_in_tries_name_hash_created_at_idx" ON "operator_sign_in_tries"("name_hash", "created_at");

-- AddForeignKey
ALTER TABLE "operator_devices" ADD CONSTRAINT "operator_devices_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "operator_accounts"("id") ON DELETE CASCADE ON UPDATE CASCADE;
