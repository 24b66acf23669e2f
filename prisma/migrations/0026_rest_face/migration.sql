-- The REST face (src/rest/README.md) names products and orders by numbers, and an order by the integrator's own reference.

-- AlterTable
ALTER TABLE "rewards" ADD COLUMN     "number" BIGSERIAL NOT NULL;

-- AlterTable
ALTER TABLE "carts" ADD COLUMN     "number" BIGINT,
ADD COLUMN     "reference" TEXT;

-- CreateIndex
CREATE UNIQUE INDEX "rewards_number_key" ON "rewards"("number");

-- CreateIndex
CREATE UNIQUE INDEX "carts_number_key" ON "carts"("number");

-- CreateIndex
CREATE UNIQUE INDEX "carts_customer_id_reference_key" ON "carts"("customer_id", "reference");

-- Above 2^31 from the first one on, so that an integrator with 32-bit ids finds out at once.
CREATE SEQUENCE "rest_order_numbers" START 10000000000 OWNED BY "carts"."number";

-- A cart of an integrator is complete from the beginning; the customer never opens it.
ALTER TABLE "carts" ADD CONSTRAINT "carts_reference_closed"
    CHECK ("number" IS NULL AND "reference" IS NULL OR "number" IS NOT NULL AND "status" = 'ORDERED');
