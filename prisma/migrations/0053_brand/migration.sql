-- CreateTable
CREATE TABLE "brand" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "name" TEXT,
    "primary_colour" TEXT,
    "logo_hash" TEXT,
    "support_url" TEXT,
    "changed_by" TEXT NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "brand_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "brand_one_row" CHECK ("id" = 1),
    CONSTRAINT "brand_primary_colour" CHECK ("primary_colour" ~ '^#[0-9a-f]{6}$')
);

-- CreateIndex
CREATE UNIQUE INDEX "brand_logo_hash_key" ON "brand"("logo_hash");

-- AddForeignKey
ALTER TABLE "brand" ADD CONSTRAINT "brand_logo_hash_fkey" FOREIGN KEY ("logo_hash") REFERENCES "pictures"("hash") ON DELETE RESTRICT ON UPDATE CASCADE;
