import { z } from "zod";
import { readValue } from "./read-json.ts";

const settingsSchema = z.strictObject({
  /** The reaction to a repeated redeem or reverse. */
  repeat: z.enum(["accept", "refuse", "double"]),
  /** The HTTP status of a business refusal. */
  failureStatus: z.union([z.literal(200), z.literal(400)]),
});

export const settingsChange = settingsSchema.partial();

export type SettingValues = z.infer<typeof settingsSchema>;
export type Repeat = SettingValues["repeat"];

/** Behaviours that the contract leaves open, changeable while the sandbox runs. */
export interface Settings {
  current(): SettingValues;
  /** Changes the present settings, leaves the others; returns them all. */
  change(wanted: z.infer<typeof settingsChange>): SettingValues;
  reset(): void;
}

const defaults: SettingValues = { repeat: "refuse", failureStatus: 200 };

export function makeSettings(): Settings {
  let values = defaults;
  return {
    current: () => values,
    change: (wanted) => {
      values = readValue(settingsSchema, { ...values, ...wanted });
      return values;
    },
    reset: () => {
      values = defaults;
    },
  };
}
