-- AlterTable
ALTER TABLE "jobs" ADD COLUMN     "trace" TEXT;

-- AlterTable
ALTER TABLE "reward_awards" ADD COLUMN     "trace" TEXT;
