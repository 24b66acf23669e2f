-- No statement reads these indexes, and the rows to which they refer are never deleted.
DROP INDEX "reward_decisions_rule_id_rule_version_idx";
DROP INDEX "reward_messages_received_at_id_idx";
DROP INDEX "draw_tickets_award_id_idx";
DROP INDEX "wishes_reward_id_idx";

-- Codes in the pool are found by their ending, too. An order writes an entry of this index in any case.
DROP INDEX "voucher_codes_by_ending";
CREATE INDEX "voucher_codes_by_ending" ON "voucher_codes" ("masked_code");
