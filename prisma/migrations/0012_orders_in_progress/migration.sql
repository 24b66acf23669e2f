-- Orders in progress are looked through every 30 s for missing jobs: by these, not by reading every order there ever was.
CREATE INDEX "orders_in_progress" ON "orders" ("id") WHERE "status" IN ('PENDING', 'PROCESSING');
CREATE INDEX "unit_issues_revoking" ON "unit_issues" ("unit_id") WHERE "revoke_state" IN ('PENDING', 'UNCERTAIN');
