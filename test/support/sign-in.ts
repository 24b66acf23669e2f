import type { Call } from "../../sandbox/calls.ts";
import type { TestGateway } from "./gateway.ts";
import { type HttpAnswer, post } from "./http.ts";

export interface SeenRefusal {
  __typename: string;
  code: string;
  message: string;
  field: string[] | null;
  attemptsLeft?: number;
  retryAt?: string;
}

export interface RequestOtpAnswer {
  challengeId: string | null;
  expiresAt: string | null;
  resendAfter: string | null;
  userErrors: SeenRefusal[];
}

export interface SeenSession {
  accessToken: string;
  refreshToken: string;
  expiresAt: string;
}

export interface VerifyOtpAnswer {
  session: SeenSession | null;
  customer: { customerId: string; maskedMobile: string | null } | null;
  userErrors: SeenRefusal[];
}

export interface RefreshAnswer {
  session: SeenSession | null;
  userErrors: SeenRefusal[];
}

const userErrors = `
  userErrors { __typename code message field ... on OtpInvalid { attemptsLeft } ... on OtpThrottled { retryAt } }`;
const session = `session { accessToken refreshToken expiresAt }`;

type Headers = Record<string, string>;

function dataOf<Data>({ body }: HttpAnswer<Data>): Data {
  if (body.errors || !body.data) throw new Error(`unexpected errors: ${JSON.stringify(body.errors)}`);
  return body.data;
}

/** Requests a one-time password and returns the answer. */
export async function requestOtp(gateway: TestGateway, customerId: string, headers?: Headers) {
  const query = `mutation ($customerId: String!) {
    requestOtp(input: { customerId: $customerId }) { challengeId expiresAt resendAfter ${userErrors} } }`;
  const answer = await post<{ requestOtp: RequestOtpAnswer }>(
    gateway.url,
    { query, variables: { customerId } },
    headers,
  );
  return dataOf(answer).requestOtp;
}

/** Tries a one-time password; returns the answer with its headers. */
export function postVerifyOtp(gateway: TestGateway, input: { challengeId: string; otp: string }, headers?: Headers) {
  const query = `mutation ($input: VerifyOtpInput!) {
    verifyOtp(input: $input) { ${session} customer { customerId maskedMobile } ${userErrors} } }`;
  return post<{ verifyOtp: VerifyOtpAnswer }>(gateway.url, { query, variables: { input } }, headers);
}

export const verifyOtp = async (gateway: TestGateway, challengeId: string | null, otp: string) =>
  dataOf(await postVerifyOtp(gateway, { challengeId: challengeId ?? "none", otp })).verifyOtp;

/** Exchanges a refresh token, or the refresh cookie among `headers`; returns the answer with its headers. */
export function postRefresh(gateway: TestGateway, refreshToken: string | null, headers?: Headers) {
  const query = `mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { ${session} ${userErrors} } }`;
  const input = refreshToken === null ? {} : { refreshToken };
  return post<{ refreshSession: RefreshAnswer }>(gateway.url, { query, variables: { input } }, headers);
}

export const refresh = async (gateway: TestGateway, refreshToken: string) =>
  dataOf(await postRefresh(gateway, refreshToken)).refreshSession;

/** The customer that the gateway authenticates by these headers; null if there is none. */
export async function whoIs(gateway: TestGateway, headers: Headers = {}): Promise<string | null> {
  const answer = await post<{ me: { customerId: string } | null }>(
    gateway.url,
    { query: "{ me { customerId } }" },
    headers,
  );
  return dataOf(answer).me?.customerId ?? null;
}

export const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });

/** The calls about one customer that the Client has received, oldest first. */
export function callsAbout(gateway: TestGateway, customerId: string): Call[] {
  return gateway.sandbox.calls.since(0).filter((call) => isAbout(call, customerId));
}

/** The `nth` password that the Client has sent to a customer, after waiting for it. */
export async function sentOtp(gateway: TestGateway, customerId: string, nth = 1): Promise<string> {
  const isSent = (call: Call) =>
    call.operation === "generate-otp" && call.outcome === "answered" && isAbout(call, customerId);
  await gateway.sandbox.calls.waitFor(
    () => gateway.sandbox.calls.since(0).filter((call) => isSent(call)).length >= nth,
  );
  const sent = gateway.sandbox.client.lastOtp(customerId);
  if (!sent) throw new Error(`${customerId} was sent no password`);
  return sent.otp;
}

/** A password of the right form with another value. */
export const wrongOtp = (otp: string): string => (otp === "000000" ? "111111" : "000000");

const isAbout = ({ body }: Call, customerId: string) =>
  (body as { customer_id?: string } | null)?.customer_id === customerId;
