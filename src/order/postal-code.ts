import { formatAddress } from "localized-address-format";

const MARK = "00000";

/**
 * Whether addresses of the country have a postal code, from Google's address data. @param country ISO 3166-1 alpha-2
 */
export const hasPostalCode = (country: string): boolean =>
  formatAddress({ postalCountry: country, addressLines: [], postalCode: MARK }, "latin").some((line) =>
    line.includes(MARK),
  );
