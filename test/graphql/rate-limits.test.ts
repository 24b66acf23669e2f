import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Viewer } from "../../src/domain/viewer.ts";
import { makeRateLimits } from "../../src/graphql/rate-limits.ts";
import { SECOND } from "../support/clock.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { post } from "../support/http.ts";
import { bearer } from "../support/sign-in.ts";

const customer = (customerId: string): Viewer => ({ kind: "customer", customerId, sessionId: "s" });
const nobody: Viewer = { kind: "anonymous" };

describe("cost within a minute", () => {
  let now = 0;
  const limits = (more = {}) => {
    now = 0;
    return makeRateLimits({ perCustomer: 600, perBlock: 1_200, perRouter: 3_000, inAll: 6_000, ...more }, () => now);
  };
  const codeOf = ({ error }: { error: { extensions: Record<string, unknown> } | null }) =>
    error?.extensions["code"] ?? null;

  test("recovers continuously", () => {
    const { charge } = limits();
    const mine = { viewer: customer("C-1"), block: "a" };
    expect(codeOf(charge(mine, 600))).toBeNull();
    expect(charge(mine, 50).error?.extensions).toMatchObject({ code: "RATE_LIMITED", retryable: true, retryAfter: 5 });
    now = 4.9 * SECOND;
    expect(codeOf(charge(mine, 50))).toBe("RATE_LIMITED");
    now = 5 * SECOND;
    expect(codeOf(charge(mine, 50))).toBeNull();
    now = 3_600 * SECOND;
    expect(codeOf(charge(mine, 600))).toBeNull();
    expect(codeOf(charge(mine, 1))).toBe("RATE_LIMITED");
  });

  test("of one customer does not count for another, even at the same address", () => {
    const { charge } = limits();
    charge({ viewer: customer("C-1"), block: "a" }, 600);
    expect(codeOf(charge({ viewer: customer("C-1"), block: "b" }, 1))).toBe("RATE_LIMITED");
    expect(codeOf(charge({ viewer: customer("C-2"), block: "a" }, 600))).toBeNull();
  });

  test("of one address does not count for others", () => {
    const { charge } = limits();
    charge({ viewer: nobody, block: "a" }, 1_200);
    expect(codeOf(charge({ viewer: customer("C-1"), block: "a" }, 1))).toBe("RATE_LIMITED");
    expect(codeOf(charge({ viewer: nobody, block: "b" }, 1_200))).toBeNull();
  });

  test("of relayed operations counts for each customer, and for no address", () => {
    const { charge } = limits();
    const relayed = (viewer: Viewer) => ({ viewer, block: "a", isRouter: true });
    charge(relayed(nobody), 2_400);
    expect(codeOf(charge({ viewer: nobody, block: "a" }, 1_200))).toBeNull();
    expect(codeOf(charge(relayed(customer("C-1")), 600))).toBeNull();
    expect(codeOf(charge(relayed(nobody), 1))).toBe("RATE_LIMITED");
    expect(codeOf(charge({ viewer: customer("C-1"), block: "b" }, 1))).toBe("RATE_LIMITED");
  });

  test("of all clients is bounded, and refused operations are not charged", () => {
    const { charge } = limits({ inAll: 1_000 });
    charge({ viewer: nobody, block: "a" }, 900);
    expect(codeOf(charge({ viewer: nobody, block: "b" }, 200))).toBe("RATE_LIMITED");
    expect(codeOf(charge({ viewer: nobody, block: "b" }, 100))).toBeNull();
  });

  test("of an allowed operation is always available, even with a small limit", () => {
    const { charge } = limits();
    expect(codeOf(charge({ viewer: customer("C-1"), block: "a" }, 900))).toBeNull();
    expect(codeOf(charge({ viewer: customer("C-1"), block: "a" }, 1))).toBe("RATE_LIMITED");
  });

  test("is not counted for operators and services", () => {
    const { charge } = limits();
    for (let time = 1; time <= 100; time += 1) {
      expect(
        codeOf(charge({ viewer: { kind: "operator", operatorId: "o", roles: ["admin"] }, block: "a" }, 5_000)),
      ).toBeNull();
    }
    expect(codeOf(charge({ viewer: nobody, block: "a" }, 1_200))).toBeNull();
  });
});

describe("over HTTP", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({
      TRUST_PROXY: "127.0.0.1",
      COST_PER_MINUTE_CUSTOMER: "5000",
      COST_PER_MINUTE_ADDRESS: "8000",
    });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  const dear = { query: "{ rewards(first: 100) { nodes { id name } } }" }; // 1 + 100 × 3
  const from = (address: string) => ({ "x-forwarded-for": address });

  test("an operation over the limit is answered with 429 and Retry-After", async () => {
    const { token = "" } = await gateway.customer();
    const headers = { ...bearer(token), ...from("10.5.0.1") };
    let answer = await post(gateway.url, dear, headers);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("ratelimit-policy")).toBe('"customer";q=5000;w=60');
    expect(answer.headers.get("ratelimit")).toMatch(/^"customer";r=\d+;t=\d+$/);
    while (answer.status === 200) answer = await post(gateway.url, dear, headers);

    expect(answer.status).toBe(429);
    const { extensions } = answer.body.errors?.[0] ?? {};
    expect(extensions).toMatchObject({ code: "RATE_LIMITED", retryable: true, requestId: expect.any(String) });
    const { retryAfter } = extensions as unknown as { retryAfter: number };
    expect(answer.headers.get("retry-after")).toBe(String(retryAfter));
    expect(retryAfter).toBeGreaterThan(0);
    expect(answer.body.data ?? null).toBeNull();
  });

  test("invalid documents are charged, too, and other clients are served", async () => {
    let answer = await post(gateway.url, dear, from("10.5.0.2"));
    while (answer.status === 200) answer = await post(gateway.url, dear, from("10.5.0.2"));
    // Many at once, because the allowance recovers while they run.
    const ask = () => post(gateway.url, { query: "{ nothing }" }, from("10.5.0.2"));
    let refused: typeof answer | undefined;
    for (let burst = 0; !refused && burst < 30; burst += 1) {
      const answers = await Promise.all(Array.from({ length: 60 }, ask));
      refused = answers.find(({ status }) => status === 429);
    }
    expect(refused?.body.errors).toMatchObject([{ extensions: { code: "RATE_LIMITED" } }]);
    expect((await post(gateway.url, dear, from("10.5.0.3"))).status).toBe(200);
  });
});
