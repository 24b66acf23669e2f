import { z } from "zod";
import { readStatus } from "../envelope.ts";
import { type CustomerGroup, groupsWithin } from "./group.ts";
import { id, isRecord, maybe, number, rawRows, rows, text, unknownValue } from "./loose.ts";

/** A customer's record at Capillary. */
export interface CapillaryCustomer {
  /** Capillary's own id, which reads of rewards and groups require. */
  id: string;
  /** The brand's id, which is the customer's id at the points provider. */
  externalId: string | null;
  mobile: string | null;
  email: string | null;
  firstName: string | null;
  lastName: string | null;
  /** The points of the customer's own wallet, in the paying programme; null if not reported. */
  points: number | null;
  slab: string | null;
  /** Groups mentioned in the answer. An empty list is not conclusive: read the customer's groups instead. */
  groups: CustomerGroup[];
}

/** A customer's row in a batch answer: the customer, or the reason for its absence. */
export interface CustomerRow {
  keys: { id: string | null; externalId: string | null; mobile: string | null };
  customer: CapillaryCustomer | null;
  no: { code: string | null; message: string } | null;
}

const summary = z
  .object({ programId: maybe(id), program_id: maybe(id), loyaltyPoints: maybe(number), loyalty_points: maybe(number) })
  .transform((row) => ({
    programId: row.programId ?? row.program_id,
    points: row.loyaltyPoints ?? row.loyalty_points,
  }));

const row = z.object({
  user_id: maybe(id),
  id: maybe(id),
  external_id: maybe(id),
  mobile: maybe(text),
  email: maybe(text),
  firstname: maybe(text),
  lastname: maybe(text),
  loyalty_points: maybe(number),
  current_slab: maybe(text),
  points_summaries: z.object({ points_summary: rows(summary) }).catch({ points_summary: [] }),
  user_groups2: unknownValue,
  item_status: unknownValue,
});

function readRow(value: unknown, programId: string): CustomerRow | null {
  const parsed = row.safeParse(value).data;
  const verdict = isRecord(value) ? readStatus(value["item_status"]) : null;
  if (!parsed || !verdict) return null;
  const keys = {
    id: parsed.user_id ?? parsed.id,
    externalId: parsed.external_id,
    mobile: parsed.mobile && bareMobile(parsed.mobile),
  };
  if (!verdict.isSuccess) return { keys, customer: null, no: verdict };
  if (keys.id === null) return null;
  const summaries = parsed.points_summaries.points_summary;
  const ofProgramme = summaries.find((one) => one.programId === programId);
  return {
    keys,
    customer: {
      ...keys,
      id: keys.id,
      email: parsed.email,
      firstName: parsed.firstname,
      lastName: parsed.lastname,
      points: ofProgramme ? ofProgramme.points : summaries.length === 0 ? parsed.loyalty_points : null,
      slab: parsed.current_slab,
      groups: groupsWithin(programId).catch([]).parse({ user_groups2: parsed.user_groups2 }),
    },
    no: null,
  };
}

/** Every readable row, in the order of the answer. */
export const customerRows = (programId: string) =>
  z
    .object({ customers: z.object({ customer: unknownValue }) })
    .transform(({ customers }) => rawRows(customers.customer).flatMap((value) => readRow(value, programId) ?? []));

/** Reduces a mobile to its digits: the plus sign makes no difference. */
export const bareMobile = (mobile: string): string => mobile.replace(/\D/g, "");
