import { z } from "zod";
import { redemptionProgramId } from "./brand.ts";
import { customerSchema, flagsSchema, groupSchema, memberSchema, rewardSchema } from "./records.ts";

// The inputs for adding objects to the simulation; absent fields get defaults.

const name = z.union([z.string().min(1), z.number()]);
const programId = z.int().positive().default(redemptionProgramId);
const points = z.number().nonnegative();

export const newCustomer = customerSchema.partial().refine(({ externalId, mobile }) => externalId || mobile, {
  message: "externalId or mobile is needed",
});

const newMember = memberSchema.partial().omit({ userId: true }).extend({ customer: name });

export const newGroup = z.strictObject({
  ...groupSchema.shape,
  id: groupSchema.shape.id.optional(),
  externalId: groupSchema.shape.externalId.default(null),
  name: z.string().default("A group"),
  status: groupSchema.shape.status.default("ACTIVE"),
  maxSize: groupSchema.shape.maxSize.default(6),
  redemptionConfigured: z.boolean().default(true),
  /** The first one is the primary member unless a role says otherwise. */
  members: z.array(newMember).min(1),
});

export const newReward = rewardSchema.partial().required({ name: true });
export const rewardChange = rewardSchema.partial().required({ id: true });
export const groupChange = z
  .strictObject({ ...groupSchema.shape })
  .partial()
  .omit({ members: true });
export const memberChange = memberSchema.partial().omit({ userId: true });
export const flagsChange = flagsSchema.partial();
export const balanceChange = z
  .strictObject({ customer: name.optional(), group: name.optional(), points, delayed: points.optional(), programId })
  .refine(({ customer, group }) => (customer === undefined) !== (group === undefined), {
    message: "exactly one of customer and group",
  });
