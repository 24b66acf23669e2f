import { brand, redemptionProgramId } from "./brand.ts";
import { sandboxTill } from "./credentials.ts";

/** How a gateway reaches the Capillary that a sandbox at this origin plays, unless it was started with other credentials. */
export const capillaryAccess = (origin: string) => ({
  rewardsUrl: `${origin}/api_gateway/rewards/core/v1`,
  intouchUrl: origin,
  till: sandboxTill.till,
  password: sandboxTill.password,
  orgId: String(brand.orgId),
  brand: brand.name,
  programId: String(redemptionProgramId),
});
