-- AlterTable
ALTER TABLE "refresh_tokens" ADD COLUMN     "used_by" BYTEA;
