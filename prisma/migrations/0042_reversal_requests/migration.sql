-- CreateEnum
CREATE TYPE "reversal_request_state" AS ENUM ('OPEN', 'APPROVED', 'REFUSED', 'EXPIRED');

-- CreateTable
CREATE TABLE "reversal_requests" (
    "id" UUID NOT NULL,
    "order_id" UUID NOT NULL,
    "line_ids" UUID[],
    "points" BIGINT NOT NULL,
    "reason" "reversal_reason" NOT NULL,
    "note" TEXT,
    "state" "reversal_request_state" NOT NULL DEFAULT 'OPEN',
    "requested_by" TEXT NOT NULL,
    "request_key" TEXT NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "decided_by" TEXT,
    "decided_at" TIMESTAMPTZ(3),
    "decision_note" TEXT,

    CONSTRAINT "reversal_requests_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "reversal_requests_order_id_idx" ON "reversal_requests"("order_id");

-- AddForeignKey
ALTER TABLE "reversal_requests" ADD CONSTRAINT "reversal_requests_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- An order waits for one decision at a time; the queue of open requests is read by the same index.
CREATE UNIQUE INDEX "reversal_requests_one_open" ON "reversal_requests" ("order_id") WHERE "state" = 'OPEN';
-- A second person approves.
ALTER TABLE "reversal_requests" ADD CONSTRAINT "reversal_requests_four_eyes"
  CHECK ("state" <> 'APPROVED' OR ("decided_by" IS NOT NULL AND "decided_by" <> "requested_by"));
