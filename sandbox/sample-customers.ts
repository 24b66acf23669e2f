import type { CapillaryWorld } from "./capillary/world.ts";
import { sampleCustomers } from "./client/sample-world.ts";
import type { ClientWorld } from "./client/world.ts";

/**
 * The sample customers with their current points at the points provider, and the names of their active groups at
 * Capillary.
 */
export function describeSampleCustomers(client: ClientWorld, capillary: CapillaryWorld) {
  const groups = capillary.groups().filter(({ status }) => status === "ACTIVE");
  return sampleCustomers.map(({ customer_id }) => {
    const { userId } = capillary.customer(customer_id);
    const isMemberOf = ({ members }: (typeof groups)[number]) =>
      members.some((member) => member.userId === userId && member.active);
    return {
      customer_id,
      balance_points: client.balance(customer_id),
      groups: groups.filter(isMemberOf).map(({ name }) => name),
    };
  });
}
