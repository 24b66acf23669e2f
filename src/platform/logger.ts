import { type Logger as PinoLogger, pino, stdSerializers, stdTimeFunctions } from "pino";
import { databaseFailure } from "./database-failure.ts";
import { ExpectedError } from "./expected-error.ts";
import { isTracing, traceIds } from "./tracing.ts";

export type Logger = Pick<PinoLogger, "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "isLevelEnabled">;

/** Keys whose values never reach a log, at the top of an entry or up to two objects down. */
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

/** Fields in which a database error quotes the refused row. */
const failingRow = ["err.detail", "err.meta.driverAdapterError.cause.detail"];

export interface LoggerOptions {
  level: string;
  /** Human-readable lines instead of JSON. */
  pretty: boolean;
  /** The destination of lines instead of standard output. */
  destination?: NodeJS.WritableStream;
}

/** Serialises an error for a log line: with a stack only if it is a fault of the program. */
function describeError(error: unknown): unknown {
  const described: unknown = stdSerializers.err(error as Error);
  const isExpected = error instanceof ExpectedError || databaseFailure(error) !== null;
  if (!isExpected || typeof described !== "object") return described;
  const { stack: _, aggregateErrors: __, ...facts } = described as Record<string, unknown>;
  return facts;
}

/** Lines carry trace ids if the process has tracing. */
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
