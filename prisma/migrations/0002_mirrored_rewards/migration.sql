-- AlterTable
ALTER TABLE "rewards" ADD COLUMN     "payable_with" "wallet_kind"[] DEFAULT ARRAY['INDIVIDUAL']::"wallet_kind"[],
ADD COLUMN     "detailed_at" TIMESTAMPTZ(3),
ADD COLUMN     "payment_configs" JSONB,
ADD COLUMN     "seen_at" TIMESTAMPTZ(3),
ADD COLUMN     "upstream_id" TEXT,
ADD COLUMN     "upstream_image_url" TEXT,
ADD COLUMN     "vanished_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "catalog_syncs" (
    "source" "reward_source" NOT NULL,
    "ran_at" TIMESTAMPTZ(3) NOT NULL,
    "succeeded_at" TIMESTAMPTZ(3),
    "problem" TEXT,
    "added" INTEGER NOT NULL,
    "changed" INTEGER NOT NULL,
    "archived" INTEGER NOT NULL,

    CONSTRAINT "catalog_syncs_pkey" PRIMARY KEY ("source")
);

-- CreateIndex
CREATE UNIQUE INDEX "rewards_source_upstream_id_key" ON "rewards"("source", "upstream_id");

-- By hand from here on.

ALTER TABLE "rewards"
    ALTER COLUMN "payable_with" SET NOT NULL,
    ADD CONSTRAINT "rewards_mirrored_known" CHECK (("source" = 'CAPILLARY') = ("upstream_id" IS NOT NULL)),
    ADD CONSTRAINT "rewards_own_wallet" CHECK ("source" <> 'BIGCITY' OR "payable_with" = '{INDIVIDUAL}'),
    ADD CONSTRAINT "rewards_vanished_archived" CHECK ("vanished_at" IS NULL OR "archived_at" IS NOT NULL);
