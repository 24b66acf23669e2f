-- CreateTable
CREATE TABLE "pictures" (
    "hash" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "width" INTEGER NOT NULL,
    "height" INTEGER NOT NULL,
    "bytes" BYTEA NOT NULL,
    "uploaded_by" TEXT NOT NULL,
    "uploaded_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "pictures_pkey" PRIMARY KEY ("hash"),
    CONSTRAINT "pictures_type" CHECK ("type" IN ('image/jpeg', 'image/png', 'image/webp')),
    CONSTRAINT "pictures_size" CHECK (octet_length("bytes") <= 614400)
);
-- Pictures are compressed already.
ALTER TABLE "pictures" ALTER COLUMN "bytes" SET STORAGE EXTERNAL;
