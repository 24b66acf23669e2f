-- AlterTable
ALTER TABLE "pictures" ALTER COLUMN "bytes" DROP NOT NULL;
