-- What customers keep for themselves: addresses to send to, rewards to save for, and which of their vouchers are used.

-- CreateTable
CREATE TABLE "saved_addresses" (
    "id" UUID NOT NULL,
    "customer_id" TEXT NOT NULL,
    "address" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "saved_addresses_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "wishes" (
    "customer_id" TEXT NOT NULL,
    "reward_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "wishes_pkey" PRIMARY KEY ("customer_id", "reward_id")
);

-- AlterTable
ALTER TABLE "voucher_codes" ADD COLUMN "used_at" TIMESTAMPTZ(3);

-- CreateIndex
CREATE INDEX "saved_addresses_customer_id_idx" ON "saved_addresses"("customer_id");

-- CreateIndex
CREATE INDEX "wishes_reward_id_idx" ON "wishes"("reward_id");

-- AddForeignKey
ALTER TABLE "wishes" ADD CONSTRAINT "wishes_reward_id_fkey" FOREIGN KEY ("reward_id") REFERENCES "rewards"("id") ON DELETE CASCADE ON UPDATE CASCADE;
