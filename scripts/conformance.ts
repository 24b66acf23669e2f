// Checks whether a brand's points API conforms to the gateway's expectations (docs/points-provider.md). It deducts
// points of a test customer and returns them.
//
//   npm run conformance -- https://points.example.com --customer TEST1 [--other-customer TEST2] [--credit] [--json]
//
// Credentials come from CLIENT_API_USER and CLIENT_API_PASSWORD, or --user and --password. The one-time password is
// requested at the terminal; --otp-url instead names an address that answers {"otp": "…"}, such as the sandbox's. Exit
// codes: 0 every required expectation holds, 1 one fails, 2 the checks could not run.
import "./explain-errors.ts";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { SetupError } from "../src/platform/setup-error.ts";
import { checkProvider } from "./conformance/check-provider.ts";
import { makeProvider } from "./conformance/provider.ts";
import { isFit, reportWords } from "./conformance/report.ts";

const USAGE = "npm run conformance -- https://points.example.com --customer TEST1";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    customer: { type: "string" },
    "other-customer": { type: "string" },
    user: { type: "string", default: process.env["CLIENT_API_USER"] },
    password: { type: "string", default: process.env["CLIENT_API_PASSWORD"] },
    "otp-url": { type: "string" },
    "credit-path": { type: "string", default: process.env["CLIENT_CREDIT_PATH"] ?? "/api/v1/points/credit" },
    credit: { type: "boolean", default: false },
    "timeout-ms": { type: "string", default: process.env["UPSTREAM_TIMEOUT_MS"] ?? "5000" },
    json: { type: "boolean", default: false },
  },
});
const [address = "", ...others] = positionals;
const url = URL.parse(address);
if (!url || !/^https?:$/.test(url.protocol) || others.length > 0) {
  throw new SetupError(`Give the address of the points API: ${USAGE}`);
}
const { customer, user, password } = values;
if (!customer) throw new SetupError(`Name a test customer with 10 points or more: ${USAGE}`);
if (!user || !password) throw new SetupError("Give the credentials: CLIENT_API_USER and CLIENT_API_PASSWORD.");
const timeoutMs = Number(values["timeout-ms"]);
if (!Number.isInteger(timeoutMs) || timeoutMs < 1) throw new SetupError("--timeout-ms: give whole milliseconds.");

const provider = makeProvider({
  origin: url.origin,
  user,
  password,
  creditPath: values["credit-path"],
  timeoutSignal: () => AbortSignal.timeout(timeoutMs),
});
const problem = await provider.unreachable();
if (problem !== null) throw new SetupError(`${url.origin} cannot be reached: ${problem}. No check was run.`);

const report = await checkProvider({
  provider,
  origin: url.origin,
  customerId: customer,
  otherCustomerId: values["other-customer"],
  readOtp: otpReader(values["otp-url"]),
  withCredit: values.credit,
});
console.log(
  values.json ? JSON.stringify(report, null, 2) : reportWords(report, { origin: url.origin, customerId: customer }),
);
process.exitCode = isFit(report) ? 0 : 1;

function otpReader(otpUrl: string | undefined): (() => Promise<string | undefined>) | undefined {
  if (otpUrl !== undefined) {
    return async () => {
      const response = await fetch(otpUrl, { signal: AbortSignal.timeout(timeoutMs) });
      const { otp } = (await response.json()) as { otp?: string };
      return otp;
    };
  }
  if (!process.stdin.isTTY) return undefined;
  return async () => {
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    const typed = await terminal.question(`The one-time password that ${customer} was sent: `);
    terminal.close();
    return typed.trim() || undefined;
  };
}
