import { brand, redemptionProgramId } from "./brand.ts";
import { sandboxTill } from "./credentials.ts";

/** The default credentials of a gateway for the simulated Capillary of a sandbox at this origin. */
export const capillaryAccess = (origin: string) => ({
  rewardsUrl: `${origin}/api_gateway/rewards/core/v1`,
  intouchUrl: origin,
  till: sandboxTill.till,
  password: sandboxTill.password,
  orgId: String(brand.orgId),
  brand: brand.name,
  programId: String(redemptionProgramId),
});
