-- AlterTable
ALTER TABLE "webhooks" ADD COLUMN     "last_secret" BYTEA,
ADD COLUMN     "last_secret_until" TIMESTAMPTZ(3);
