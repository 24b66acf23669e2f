-- The evidence for a movement is earned less balance. A movement that an earlier version has marked has no earned points.
ALTER TABLE "points_movements" ADD COLUMN "earned_before" BIGINT, ADD COLUMN "watch_earned" BIGINT;
