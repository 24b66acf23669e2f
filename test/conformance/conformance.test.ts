import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Call } from "../../sandbox/calls.ts";
import type { FaultScript } from "../../sandbox/faults.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { checkProvider, type Report } from "../../scripts/conformance/check-provider.ts";
import { makeProvider } from "../../scripts/conformance/provider.ts";
import { isFit, reportWords } from "../../scripts/conformance/report.ts";
import { freePort } from "../support/free-port.ts";

const CUSTOMER = "CUST12345";

/** Runs the kit against the sandbox. The wait for the answer to the first call of `giveUpOn` ends when that call is received. */
async function check(
  sandbox: Sandbox,
  { giveUpOn, withCredit = true, otp = true }: { giveUpOn?: string; withCredit?: boolean; otp?: boolean } = {},
): Promise<Report> {
  const never = new AbortController().signal;
  let hasGivenUp = false;
  function timeoutSignal(operation: string): AbortSignal {
    if (operation !== giveUpOn || hasGivenUp) return never;
    hasGivenUp = true;
    const ended = new AbortController();
    const isUnanswered = ({ operation, fault, outcome }: Call) =>
      operation === giveUpOn && fault === "never-answer" && outcome === "pending";
    void sandbox.calls.waitFor(isUnanswered).then(
      () => ended.abort(new DOMException("the test ended the wait", "TimeoutError")),
      () => {},
    );
    return ended.signal;
  }
  const provider = makeProvider({
    origin: sandbox.url,
    user: "tessera",
    password: "sandbox",
    creditPath: "/api/v1/points/credit",
    timeoutSignal,
  });
  return checkProvider({
    provider,
    origin: sandbox.url,
    customerId: CUSTOMER,
    otherCustomerId: "CUST67890",
    readOtp: otp ? async () => sandbox.client.lastOtp(CUSTOMER)?.otp : undefined,
    withCredit,
  });
}

const failing = ({ findings }: Report) =>
  findings.filter(({ verdict, required }) => verdict === "fails" && required).map(({ id }) => id);
const found = ({ findings }: Report, id: string) => findings.find((finding) => finding.id === id);
const balance = (sandbox: Sandbox) => sandbox.client.account(CUSTOMER).balance_points;

describe("a provider that conforms", () => {
  test.each([
    ["refuse", "false", "refused without an effect"],
    ["accept", "true", "a repetition is safe"],
    ["double", "false", "DANGER"],
  ] as const)("with repetitions by %s gets the matching settings", async (repeat, isRepeatable, words) => {
    await using sandbox = await startSandbox();
    sandbox.settings.change({ repeat });
    const before = balance(sandbox);
    const report = await check(sandbox);
    expect(failing(report)).toEqual([]);
    expect(report.findings.filter(({ verdict }) => verdict === "not checked")).toEqual([]);
    expect(report.settings).toEqual({
      CLIENT_POINTS_AUTH: "basic",
      CLIENT_REDEEM_REPEATABLE: isRepeatable,
      CLIENT_REVERSE_REPEATABLE: isRepeatable,
    });
    expect(found(report, "repeated-redeem")).toMatchObject({
      verdict: "assumed",
      seen: expect.stringContaining(words),
    });
    expect(isFit(report)).toBe(true);
    expect(report.owed).toBe(0);
    expect(balance(sandbox)).toBe(before + 2); // the credit stays
    expect(reportWords(report, { origin: sandbox.url, customerId: CUSTOMER })).toContain("The provider conforms.");
  });

  test("conforms with refusals under HTTP 400 as well", async () => {
    await using sandbox = await startSandbox();
    sandbox.settings.change({ failureStatus: 400 });
    expect(failing(await check(sandbox))).toEqual([]);
  });

  test("is checked as far as possible without a password and without credits", async () => {
    await using sandbox = await startSandbox();
    const before = balance(sandbox);
    const report = await check(sandbox, { otp: false, withCredit: false });
    expect(failing(report)).toEqual([]);
    const unchecked = report.findings.filter(({ verdict }) => verdict === "not checked");
    expect(unchecked.map(({ id }) => id)).toEqual([
      ...["wrong-otp", "verify-otp", "single-use", "points", "foreign-points"],
      ...["credit", "repeated-credit", "other-credit"],
    ]);
    for (const { seen } of unchecked) expect(seen).toMatch(/run the command|--[a-z]/); // how to have it checked
    expect(balance(sandbox)).toBe(before);
  });

  test("receives no deduction beyond the customer's balance", async () => {
    await using sandbox = await startSandbox();
    sandbox.client.addCustomer({ customer_id: "POOR", balance: 9 });
    const provider = makeProvider({
      origin: sandbox.url,
      user: "tessera",
      password: "sandbox",
      creditPath: "/api/v1/points/credit",
      timeoutSignal: () => new AbortController().signal,
    });
    const options = {
      provider,
      origin: sandbox.url,
      customerId: "POOR",
      otherCustomerId: undefined,
      readOtp: undefined,
    };
    const report = await checkProvider({ ...options, withCredit: false });
    expect(found(report, "redeem")).toMatchObject({
      verdict: "not checked",
      seen: expect.stringContaining("9 points"),
    });
    expect(sandbox.client.ledger("POOR")).toHaveLength(1);
  });
});

describe("a provider that misbehaves once", () => {
  const faults = [
    "refuse",
    "http-500",
    "malformed",
    "rate-limit",
    "drop-before",
    "commit-then-drop",
    "never-answer",
  ] as const;
  /** By operation: the expectation that its first call checks. */
  const firstOf = {
    "generate-otp": "generate-otp",
    "verify-otp": "wrong-otp",
    points: "points",
    redeem: "redeem",
    reverse: "reverse",
    credit: "credit",
  };
  const cases = Object.entries(firstOf).flatMap(([operation, id]) =>
    faults.map((fault) => [operation, fault, id] as const),
  );

  test.each(cases)("(%s: %s) is reported, and no point is lost", async (operation, fault, id) => {
    await using sandbox = await startSandbox();
    const before = balance(sandbox);
    const script: FaultScript = { upstream: "client", operation, fault };
    sandbox.faults.add(script);
    const report = await check(sandbox, fault === "never-answer" ? { giveUpOn: operation } : {});
    // The right answer to a wrong password; the sandbox's rate limit has the form of a refusal.
    if (operation === "verify-otp" && (fault === "refuse" || fault === "rate-limit"))
      expect(failing(report)).not.toContain(id);
    else expect(failing(report)).toContain(id);
    expect(isFit(report)).toBe(failing(report).length === 0);
    const credited = sandbox.client.ledger(CUSTOMER).filter(({ type }) => type === "credit");
    expect(balance(sandbox)).toBe(before + credited.reduce((sum, { points }) => sum + points, 0));
    expect(report.owed).toBe(0);
  });
});

test("the command prints the report and has an exit code", async () => {
  await using sandbox = await startSandbox();
  const script = fileURLToPath(new URL("../../scripts/conformance.ts", import.meta.url));
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const run = (...args: string[]) =>
    new Promise<{ code: number; output: string }>((resolve) => {
      execFile(process.execPath, [script, ...args], { env: { PATH, NODE_COMPILE_CACHE } }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : 0, output: stdout + stderr }),
      );
    });
  const credentials = ["--user", "tessera", "--password", "sandbox", "--timeout-ms", "60000"];
  const good = await run(
    ...[sandbox.url, "--customer", CUSTOMER, "--other-customer", "CUST67890", "--credit", ...credentials],
    ...["--otp-url", `${sandbox.url}/__sandbox/client/otp?customer_id=${CUSTOMER}`],
  );
  expect(good.output).toContain("CLIENT_REDEEM_REPEATABLE=false");
  expect(good.output).toContain("The provider conforms.");
  expect(good.code).toBe(0);
  const bad = await run(sandbox.url, "--customer", "CUST00000", ...credentials);
  expect([bad.code, bad.output]).toEqual([1, expect.stringContaining("does not conform")]);
  const port = await freePort();
  const away = await run(`http://127.0.0.1:${port}`, "--customer", CUSTOMER, ...credentials);
  expect([away.code, away.output]).toEqual([2, expect.stringContaining("No check was run.")]);
  const nothing = await run("points.example.com");
  expect([nothing.code, nothing.output]).toEqual([2, expect.stringContaining("Give the address")]);
});
