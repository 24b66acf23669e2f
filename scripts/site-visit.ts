import { type BrowserContextOptions, chromium } from "playwright-core";
import { originOf } from "../src/http/origin.ts";
import { readProcessConfig } from "../src/program/command-line.ts";

const { host, port, sandboxPort } = readProcessConfig();
export const gateway = process.env["GATEWAY_URL"] ?? originOf(host, port);
const sandbox = process.env["SANDBOX_URL"] ?? `http://127.0.0.1:${sandboxPort}`;
export const customer = process.env["CUSTOMER"] ?? "CUST12345";

/** The headers of a visitor behind a proxy, which disable the pages' development features. */
export const visitorHeaders = { "x-forwarded-for": "203.0.113.7" };

export const openBrowser = () =>
  chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });

/** Signs the sandbox's customer in over the API. @returns the browser state of the session */
export async function signIn(): Promise<NonNullable<BrowserContextOptions["storageState"]>> {
  const asked = await ask("mutation ($id: String!) { requestOtp(input: { customerId: $id }) { challengeId } }", {
    id: customer,
  });
  const { data } = (await asked.json()) as { data: { requestOtp: { challengeId: string | null } } };
  const { challengeId } = data.requestOtp;
  if (!challengeId)
    throw new Error("No more passwords for this customer now: wait, or name another one with CUSTOMER.");
  const answer = await ask(
    "mutation ($input: VerifyOtpInput!) { verifyOtp(input: $input) { userErrors { message } } }",
    { input: { challengeId, otp: await sentOtp() } },
  );
  const cookies = answer.headers.getSetCookie().map((line) => {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    return {
      name,
      value,
      domain: new URL(gateway).hostname,
      path: "/",
      expires: -1,
      httpOnly: true,
      secure: false,
      sameSite: "Lax" as const,
    };
  });
  if (cookies.length === 0) throw new Error(`Not signed in: ${await answer.text()}`);
  return { cookies, origins: [] };
}

const ask = (query: string, variables: object) =>
  fetch(`${gateway}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });

async function sentOtp(): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 1_000)); // it is sent after the answer
  const sent = await fetch(`${sandbox}/__sandbox/client/otp?customer_id=${customer}`);
  return ((await sent.json()) as { otp: string }).otp;
}
