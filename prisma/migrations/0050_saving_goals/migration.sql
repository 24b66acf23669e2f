-- A wish that the customer saves points for, since when: one for each customer.
ALTER TABLE "wishes" ADD COLUMN "goal_since" TIMESTAMPTZ(3);

CREATE UNIQUE INDEX "wishes_goal" ON "wishes" ("customer_id") WHERE "goal_since" IS NOT NULL;
