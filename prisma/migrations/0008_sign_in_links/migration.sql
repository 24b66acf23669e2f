-- CreateTable
CREATE TABLE "hand_off_tries" (
    "id" UUID NOT NULL,
    "address_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "hand_off_tries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "used_hand_offs" (
    "token_hash" BYTEA NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "used_hand_offs_pkey" PRIMARY KEY ("token_hash")
);

-- CreateIndex
CREATE INDEX "hand_off_tries_address_hash_created_at_idx" ON "hand_off_tries"("address_hash", "created_at" DESC);

-- CreateIndex
CREATE INDEX "used_hand_offs_expires_at_idx" ON "used_hand_offs"("expires_at");
