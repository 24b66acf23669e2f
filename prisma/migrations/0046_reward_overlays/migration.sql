-- CreateTable
CREATE TABLE "reward_overlays" (
    "reward_id" UUID NOT NULL,
    "image_url" TEXT,
    "category" TEXT,
    "promotion" INTEGER NOT NULL DEFAULT 0,
    "hidden" BOOLEAN NOT NULL DEFAULT false,
    "changed_by" TEXT NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "reward_overlays_pkey" PRIMARY KEY ("reward_id")
);

-- AddForeignKey
ALTER TABLE "reward_overlays" ADD CONSTRAINT "reward_overlays_reward_id_fkey" FOREIGN KEY ("reward_id") REFERENCES "rewards"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
