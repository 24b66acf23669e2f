import { type Logger as PinoLogger, pino, stdSerializers, stdTimeFunctions } from "pino";
import { databaseTrouble } from "./database-trouble.ts";
import { ExpectedError } from "./expected-error.ts";
import { isTracing, traceIds } from "./tracing.ts";

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

/** An error as a line has it: with its stack only if it is a fault of the program. */
function describeError(error: unknown): unknown {
  const described: unknown = stdSerializers.err(error as Error);
  const isExpected = error instanceof ExpectedError || databaseTrouble(error) !== null;
  if (!isExpected || typeof described !== "object") return described;
  const { stack: _, aggregateErrors: __, ...facts } = described as Record<string, unknown>;
  return facts;
}

/** Lines have the ids of the trace that they belong to if the process traces its work by now. */
export async function makeLogger({ level, pretty, destination }: LoggerOptions): Promise<PinoLogger> {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
    ...(isTracing() && { mixin: traceIds }),
    redact: {
      paths: [...secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), ...failingRow],
      censor: "[redacted]",
    },
  };
  if (!pretty) return destination ? pino(options, destination) : pino(options);
  const { default: pinoPretty } = await import("pino-pretty");
  return pino(options, pinoPretty({ sync: true, singleLine: true, translateTime: "HH:MM:ss", ignore: "pid,hostname" }));
}
