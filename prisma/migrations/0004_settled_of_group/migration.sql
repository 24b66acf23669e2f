-- How many movements of a group are settled: a balance read before another one was is no longer its balance.
CREATE INDEX "points_movements_of_group" ON "points_movements" ("group_id") WHERE "group_id" IS NOT NULL;
