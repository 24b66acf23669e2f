-- By hand. Rewards that tickets had won were announced and never given: they become awards, to be claimed like those to come.
INSERT INTO "reward_awards" ("id", "effect_key", "decision_id", "member_id", "customer_id", "role", "unit", "quantity", "draw_id",
    "sku", "available_at", "created_at")
SELECT gen_random_uuid(), concat_ws('/', 'draw', "draw_tickets"."draw_id", "draw_tickets"."number"), "reward_awards"."decision_id",
    "draw_tickets"."member_id", "reward_members"."customer_id", 'MEMBER', 'REWARD', 1, "draw_tickets"."draw_id",
    "announced"->>'sku', "draw_tickets"."issued_at", "draw_tickets"."issued_at"
FROM "draw_tickets"
JOIN "draw_campaigns" ON "draw_campaigns"."id" = "draw_tickets"."draw_id"
JOIN "reward_awards" ON "reward_awards"."id" = "draw_tickets"."award_id"
JOIN "reward_members" ON "reward_members"."id" = "draw_tickets"."member_id"
CROSS JOIN LATERAL jsonb_array_elements("draw_campaigns"."campaign"->'prizes') AS "announced"
WHERE "announced"->>'id' = "draw_tickets"."prize" AND "announced"->>'kind' = 'reward'
ON CONFLICT ("effect_key") DO NOTHING;
