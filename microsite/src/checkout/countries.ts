import { COUNTRIES } from "../../../src/order/countries.ts";

const UNINHABITED = new Set(["AQ", "BV", "GS", "HM", "TF", "UM"]);

/** Countries where somebody lives. Their names come from the browser. */
export const ADDRESS_COUNTRIES = COUNTRIES.filter((code) => !UNINHABITED.has(code));
