-- What was taken from a group so far: told from before, it says what a balance read in between may not know of.
CREATE INDEX "points_movements_of_group" ON "points_movements" ("group_id") WHERE "group_id" IS NOT NULL;
