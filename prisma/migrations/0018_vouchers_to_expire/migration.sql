-- Codes that are still to be given, by their last day: expired ones are taken out of the stock when that day is over.
CREATE INDEX "voucher_codes_to_expire" ON "voucher_codes" ("valid_until") WHERE "state" = 'AVAILABLE' AND "valid_until" IS NOT NULL;
