-- Returns that customers ask for. Points come back when an operator reverses the line, and by nothing else.
CREATE TYPE "return_request_state" AS ENUM ('OPEN', 'APPROVED', 'DECLINED', 'WITHDRAWN');

-- CreateTable
CREATE TABLE "return_requests" (
    "id" UUID NOT NULL,
    "order_id" UUID NOT NULL,
    "line_id" UUID NOT NULL,
    "customer_id" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "note" TEXT,
    "state" "return_request_state" NOT NULL DEFAULT 'OPEN',
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),
    "closed_by" TEXT,
    "answer" TEXT,

    CONSTRAINT "return_requests_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "return_requests_closed" CHECK (("state" = 'OPEN') = ("closed_at" IS NULL))
);

-- CreateIndex
CREATE INDEX "return_requests_line_id_requested_at_idx" ON "return_requests"("line_id", "requested_at" DESC);

-- CreateIndex
CREATE INDEX "return_requests_customer_id_idx" ON "return_requests"("customer_id");

-- One open request a line, also for two requests at once.
CREATE UNIQUE INDEX "return_requests_open" ON "return_requests" ("line_id") WHERE "state" = 'OPEN';

-- AddForeignKey
ALTER TABLE "return_requests" ADD CONSTRAINT "return_requests_line_id_fkey" FOREIGN KEY ("line_id") REFERENCES "order_lines"("id") ON DELETE CASCADE ON UPDATE CASCADE;
