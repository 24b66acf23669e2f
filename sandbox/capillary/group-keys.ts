import { z } from "zod";
import type { Memory } from "./memory.ts";
import type { Customer } from "./records.ts";
import { defaultGroupOf, type GroupKeys, unknownGroup } from "./wallets.ts";
import { looseText } from "./wire.ts";

/** The group selectors of a query. Points calls document them; one published sample of an issue has one too. */
export const groupSelectors = z.object({
  user_group2_id: looseText,
  user_group2_external_id: looseText,
  user_group2_primary_user_id: looseText,
  user_group2_primary_user_identifier_type: z.enum(["id", "mobile", "email", "externalId"]).optional(),
  user_group2_primary_user_identifier_value: looseText,
  use_default_user_group2: z.string().optional(),
});

/** The keys of the group that a query selects; throws if the query selects it by a customer without a group. */
export function groupKeysIn(memory: Memory, customer: Customer, query: z.output<typeof groupSelectors>): GroupKeys {
  const { user_group2_primary_user_identifier_type: type, user_group2_primary_user_identifier_value: value } = query;
  if (query.use_default_user_group2 === "true") {
    const group = defaultGroupOf(memory, customer);
    if (!group) throw unknownGroup("default");
    return { id: String(group.id) };
  }
  if (type && value) {
    const primary = memory.customer({ [type === "id" ? "userId" : type]: value });
    if (!primary) throw unknownGroup(value);
    return { primaryUserId: String(primary.userId) };
  }
  return {
    id: query.user_group2_id,
    externalId: query.user_group2_external_id,
    primaryUserId: query.user_group2_primary_user_id,
  };
}
