import { z } from "zod";
import { type Refusal, refusal } from "../refusal.ts";
import type { Address } from "./order.ts";

const regionNames = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
const isCountry = (code: string) => /^[A-Z]{2}$/.test(code) && regionNames.of(code) !== undefined;

const line = z.string().trim().max(200, "is longer than 200 characters");
const required = line.min(1, "is empty");
const optional = line.nullish().transform((value) => value || null);

const address = z.object({
  name: required,
  line1: required,
  line2: optional,
  city: required,
  region: optional,
  postalCode: required,
  country: z.string().trim().refine(isCountry, "is not an ISO 3166-1 alpha-2 code such as IN"),
  phone: optional.pipe(
    z
      .string()
      .regex(/^\+?[0-9 ()-]{5,30}$/, "is not a phone number")
      .nullable(),
  ),
});

/** A shipping address as entered, or what is wrong with it, field by field. */
export function readAddress(input: unknown): { address: Address } | { refusals: Refusal[] } {
  const parsed = address.safeParse(input);
  if (parsed.success) return { address: parsed.data };
  return {
    refusals: parsed.error.issues.map((issue) =>
      refusal("INVALID_INPUT", `${issue.path.join(".")} ${issue.message}`, [
        "input",
        "shippingAddress",
        ...issue.path.map(String),
      ]),
    ),
  };
}
