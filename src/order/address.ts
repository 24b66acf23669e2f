import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js";
import { z } from "zod";
import { foldDigits } from "../auth/index.ts";
import { type Refusal, refusal } from "../domain/refusal.ts";
import { hasControls, isVisible } from "../platform/visible-text.ts";
import { countryProblem } from "./countries.ts";
import type { Address } from "./order.ts";
import { hasPostalCode } from "./postal-code.ts";

const line = z
  .string()
  .trim()
  .max(200, "is longer than 200 characters")
  .refine((value) => !hasControls(value), "has a line break or another control character");
const required = line.refine(isVisible, "is empty");
const optional = line.nullish().transform((value) => (value && isVisible(value) ? value : null));

const address = z
  .object({
    name: required,
    line1: required,
    line2: optional,
    city: required,
    region: optional,
    postalCode: line,
    country: z
      .string()
      .trim()
      .superRefine((code, context) => {
        const message = countryProblem(code);
        if (message !== null) context.addIssue({ code: "custom", message });
      }),
    phone: optional,
  })
  .superRefine(({ postalCode, country }, context) => {
    if (isVisible(postalCode) || !hasPostalCode(country)) return;
    context.addIssue({ code: "custom", path: ["postalCode"], message: "is empty" });
  });

/**
 * Converts a phone number as typed or pasted, with punctuation, blanks and an extension, to the international form that
 * couriers read.
 * @returns null if neither the country nor the country of a `+` prefix can have such a number
 */
export function readPhone(typed: string, country: string): string | null {
  const text = foldDigits(typed).replace(/\p{C}/gu, "");
  const parsed = parsePhoneNumberFromString(text, { defaultCountry: country as CountryCode, extract: false });
  return parsed?.isPossible() ? parsed.formatInternational() : null;
}

/** Validates a shipping address as entered: the address, or a refusal for each invalid field. */
export function readAddress(input: unknown): { address: Address } | { refusals: Refusal[] } {
  const parsed = address.safeParse(input);
  if (!parsed.success) {
    return { refusals: parsed.error.issues.map((issue) => wrong(issue.path.map(String), issue.message)) };
  }
  const { phone: typed, ...rest } = parsed.data;
  const phone = typed === null ? null : readPhone(typed, rest.country);
  if (typed !== null && phone === null) return { refusals: [wrong(["phone"], "is not a phone number")] };
  return { address: { ...rest, phone } };
}

const wrong = (path: string[], message: string): Refusal =>
  refusal("INVALID_INPUT", `${path.join(".")} ${message}`, ["input", "shippingAddress", ...path]);
