-- Pages of a category, a brand or a status by one index each, however many rows there are. Rewards that are not on offer have no
-- place in the lists.
CREATE INDEX "rewards_of_category" ON "rewards" ("category", "popularity" DESC, "id" DESC)
    INCLUDE ("valid_from", "valid_until") WHERE "active" AND "archived_at" IS NULL;
CREATE INDEX "rewards_of_brand" ON "rewards" ("brand", "popularity" DESC, "id" DESC) WHERE "active" AND "archived_at" IS NULL;
CREATE INDEX "rewards_of_group_wallets" ON "rewards" ("popularity" DESC, "id" DESC)
    WHERE "active" AND "archived_at" IS NULL AND 'GROUP' = ANY ("payable_with");
CREATE INDEX "orders_of_status" ON "orders" ("status", "placed_at" DESC, "id" DESC);
