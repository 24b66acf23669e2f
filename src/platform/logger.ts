import { type Logger as PinoLogger, pino } from "pino";

export type Logger = Pick<PinoLogger, "trace" | "debug" | "info" | "warn" | "error" | "fatal">;

/** Keys whose values never reach a log, at the top of an entry or one or two objects down. */
const secretKeys = [
  "otp",
  "token",
  "accessToken",
  "refreshToken",
  "clientToken",
  "authorization",
  "cookie",
  "password",
  "secret",
  "voucherCode",
  "pin",
  "mobile",
  "maskedMobile",
  "phone",
  "shippingAddress",
  "variables",
];

/** Where a database error quotes the row that it refused, with everything in it. */
const failingRow = ["err.detail", "err.meta.driverAdapterError.cause.detail"];

export interface LoggerOptions {
  level: string;
  /** Lines for people instead of JSON. */
  pretty: boolean;
  /** Where lines go instead of standard output. */
  destination?: NodeJS.WritableStream;
}

export async function makeLogger({ level, pretty, destination }: LoggerOptions): Promise<PinoLogger> {
  const options = {
    level,
    base: null,
    redact: {
      paths: [...secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), ...failingRow],
      censor: "[redacted]",
    },
  };
  if (!pretty) return destination ? pino(options, destination) : pino(options);
  const { default: pinoPretty } = await import("pino-pretty");
  return pino(options, pinoPretty({ sync: true, singleLine: true, translateTime: "HH:MM:ss", ignore: "pid,hostname" }));
}
