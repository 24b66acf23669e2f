import { COUNTRIES } from "../../../src/order/countries.ts";

const UNINHABITED = new Set(["AQ", "BV", "GS", "HM", "TF", "UM"]);

/** Codes of inhabited countries. The browser supplies the names. */
export const ADDRESS_COUNTRIES = COUNTRIES.filter((code) => !UNINHABITED.has(code));
