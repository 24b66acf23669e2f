-- Every report about a shipment is recorded, because reports overtake each other: the status follows from all of them.
CREATE TABLE "shipment_reports" (
    "line_id" UUID NOT NULL,
    "status" "shipment_status" NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "reported_by" TEXT NOT NULL,
    "carrier" TEXT,
    "tracking_number" TEXT,

    CONSTRAINT "shipment_reports_pkey" PRIMARY KEY ("line_id","status","occurred_at")
);

-- AddForeignKey
ALTER TABLE "shipment_reports" ADD CONSTRAINT "shipment_reports_line_id_fkey" FOREIGN KEY ("line_id") REFERENCES "shipments"("line_id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- A discrepancy may be about a line. One is open for a line at a time.
ALTER TABLE "discrepancies" ADD COLUMN     "line_id" UUID;
CREATE UNIQUE INDEX "discrepancies_one_open_a_line" ON "discrepancies" ("line_id") WHERE "resolved_at" IS NULL;
CREATE INDEX "discrepancies_open" ON "discrepancies" ("order_id") WHERE "resolved_at" IS NULL;

-- AddForeignKey
ALTER TABLE "discrepancies" ADD CONSTRAINT "discrepancies_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The reports that led to the present statuses. A parcel that came back had been delivered if its line stayed fulfilled, and
-- else shipped.
INSERT INTO "shipment_reports" ("line_id", "status", "occurred_at", "received_at", "reported_by", "carrier", "tracking_number")
SELECT "line_id", "status", "reported_at", "reported_at", 'before reports were recorded', "carrier", "tracking_number"
FROM "shipments" WHERE "status" <> 'PREPARING' AND "reported_at" IS NOT NULL;
INSERT INTO "shipment_reports" ("line_id", "status", "occurred_at", "received_at", "reported_by")
SELECT s."line_id",
    CASE WHEN EXISTS (SELECT FROM "order_units" u WHERE u."line_id" = s."line_id" AND u."state" IN ('FULFILLED', 'REVERSED'))
        THEN 'DELIVERED' ELSE 'SHIPPED' END::"shipment_status",
    s."reported_at" - interval '1 millisecond', s."reported_at", 'before reports were recorded'
FROM "shipments" s WHERE s."status" = 'RETURNED' AND s."reported_at" IS NOT NULL;
