import { type Address, formatAddress } from "localized-address-format";

/** Fields of an address in the gateway's schema. */
export type AddressField = "name" | "line1" | "line2" | "city" | "region" | "postalCode" | "phone";

type Parts = Partial<Record<AddressField, string | null | undefined>>;

const toFormat = (country: string, { name, line1, line2, city, region, postalCode }: Parts): Address => ({
  postalCountry: country,
  name: name ?? "",
  addressLines: [line1, line2].filter((line): line is string => Boolean(line)),
  locality: city ?? "",
  administrativeArea: region ?? "",
  postalCode: postalCode ?? "",
});

/**
 * Returns the lines of an address, in its country's order, without the country.
 *
 * @param country ISO 3166-1 alpha-2
 */
export function addressLines(country: string, parts: Parts): string[] {
  const lines = formatAddress(toFormat(country, parts), "latin");
  // A country's format omits unused fields. A value that the customer entered is shown even then.
  const omitted = [parts.city, parts.postalCode, parts.region].filter(
    (part): part is string => Boolean(part) && !lines.some((line) => line.includes(String(part))),
  );
  return [...lines, ...omitted];
}

const placeholders = {
  name: "name",
  line1: "line1",
  line2: "line2",
  city: "city",
  region: "region",
  postalCode: "postalCode",
};

/** Whether the country uses postal codes. */
export const hasPostalCode = (country: string): boolean =>
  formatAddress(toFormat(country, placeholders), "latin").some((line) => line.includes(placeholders.postalCode));

/** Returns the form's fields in the country's order, with unused fields last. */
export function fieldOrder(country: string): AddressField[] {
  const text = formatAddress(toFormat(country, placeholders), "latin").join("\n");
  const position = (field: keyof typeof placeholders) => text.indexOf(field) + 1 || Number.POSITIVE_INFINITY;
  const fields = (Object.keys(placeholders) as (keyof typeof placeholders)[]).sort((a, b) => {
    const [one, other] = [position(a), position(b)];
    return one === other ? 0 : one - other;
  });
  return [...fields, "phone"];
}
