import type { Sandbox } from "../../../sandbox/sandbox.ts";

export interface Reply {
  status: number;
  headers: Headers;
  body: Body;
}

/** The fields of all answers; the contract tests check the fields of each. */
interface Body {
  status?: boolean;
  message?: string;
  reference_id?: string;
  token?: string;
  otp?: string;
  calls?: object[];
  faults?: object[];
  next?: number;
}

export const basic = (user = "tessera", password = "sandbox"): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

/** An HTTP request with a JSON answer; an empty answer reads as `{}`. */
export async function send(url: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
}

/** The gateway's calls to the points provider, with sample values for irrelevant arguments. */
export function clientApi({ url }: Pick<Sandbox, "url">, authorization: string | undefined = basic()) {
  const post = (path: string, body: unknown, signal?: AbortSignal) =>
    send(`${url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(authorization && { authorization }) },
      body: typeof body === "string" ? body : JSON.stringify(body),
      ...(signal && { signal }),
    });

  return {
    post,
    generateOtp: (customer_id = "CUST12345") => post("/api/v1/auth/generate-otp", { customer_id }),
    verifyOtp: (request: { customer_id?: string; otp: string; reference_id: string }) =>
      post("/api/v1/auth/verify-otp", { customer_id: "CUST12345", ...request }),
    points: (customer_id = "CUST12345") =>
      send(`${url}/api/v1/customer/points?customer_id=${customer_id}`, {
        headers: authorization ? { authorization } : {},
      }),
    redeem: (request: object = {}, signal?: AbortSignal) =>
      post("/api/v1/orders/redeem", { ...sampleRedeem, ...request }, signal),
    reverse: (request: object = {}) => post("/api/v1/orders/reverse", { ...sampleReverse, ...request }),
    credit: (request: object = {}) => post("/api/v1/points/credit", { ...sampleCredit, ...request }),
  };
}

const sampleRedeem = {
  order_id: "ORD-1",
  customer_id: "CUST12345",
  points_consumed: 500,
  transaction_date: "2026-06-03T10:00:00Z",
};

const sampleReverse = {
  order_id: "ORD-1",
  customer_id: "CUST12345",
  points_reversed: 500,
  reason: "Fulfilment failure",
};

const sampleCredit = {
  reference: "AWARD-1",
  customer_id: "CUST12345",
  points_credited: 250,
  transaction_date: "2026-06-03T10:00:00Z",
};

/** Signs in through the API and returns the `Authorization` header of that customer. */
export async function signIn(sandbox: Sandbox, customer_id = "CUST12345"): Promise<string> {
  const api = clientApi(sandbox);
  const sent = await api.generateOtp(customer_id);
  const otp = sandbox.client.lastOtp(customer_id)?.otp ?? "none";
  const { body } = await api.verifyOtp({ customer_id, otp, reference_id: sent.body.reference_id ?? "" });
  return `Bearer ${body.token}`;
}

/** A clock that the test moves. */
export function makeTestClock(start = "2026-06-03T10:00:00.000Z") {
  let time = new Date(start).getTime();
  return {
    now: () => new Date(time),
    advance: (seconds: number) => {
      time += seconds * 1000;
    },
  };
}
