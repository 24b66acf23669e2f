import { randomUUID } from "node:crypto";
import { Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { makeOriginCheck } from "../../src/graphql/origins.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { cookieHeader, post } from "../support/http.ts";
import { bearer, postRefresh, postVerifyOtp, refresh, requestOtp, sentOtp, whoIs } from "../support/sign-in.ts";

const SHOP = "https://shop.example.com";
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ ALLOWED_ORIGINS: `${SHOP}, https://app.example.com` });
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** A browser in which a new customer has just signed in. */
async function signedInBrowser() {
  const customerId = `C-${randomUUID()}`;
  gateway.sandbox.client.addCustomer({ customer_id: customerId, balance: 0 });
  const { challengeId } = await requestOtp(gateway, customerId);
  const otp = await sentOtp(gateway, customerId);
  const answer = await postVerifyOtp(gateway, { challengeId: challengeId ?? "", otp });
  const session = answer.body.data?.verifyOtp.session;
  if (!session) throw new Error(`not signed in: ${JSON.stringify(answer.body)}`);
  const { cookies, cookieAttributes } = answer;
  return { customerId, cookies, cookieAttributes, session, cookie: cookieHeader(cookies) };
}

let browser: Awaited<ReturnType<typeof signedInBrowser>>;
beforeEach(async () => {
  browser = await signedInBrowser();
});

const me = (headers: Record<string, string> = {}) => whoIs(gateway, { cookie: browser.cookie, ...headers });
const signOut = (headers: Record<string, string>) =>
  post<{ signOut: { userErrors: [] } }>(
    gateway.url,
    { query: "mutation { signOut { userErrors { code } } }" },
    headers,
  );
const inThePast = "expires=thu, 01 jan 1970 00:00:00 gmt";
const takenAway = new Map([
  ["tessera-access", ""],
  ["tessera-refresh", ""],
]);

describe("the cookies of a session", () => {
  test("are set on signing in, unreadable for scripts and not sent by other sites", () => {
    const { cookies, cookieAttributes, session } = browser;
    expect(Object.fromEntries(cookies)).toEqual({
      "tessera-access": session.accessToken,
      "tessera-refresh": session.refreshToken,
    });
    for (const attributes of cookieAttributes.values()) {
      expect(attributes).toEqual(expect.arrayContaining(["path=/", "httponly", "samesite=lax"]));
      expect(attributes.some((attribute) => attribute.startsWith("domain"))).toBe(false);
    }
    const accessEnds = new Date(session.expiresAt).toUTCString().toLowerCase();
    expect(cookieAttributes.get("tessera-access")).toContain(`expires=${accessEnds}`);
  });

  test("authenticate a request", async () => {
    expect(await me()).toBe(browser.customerId);
  });

  test("yield to an Authorization header, even to an invalid one", async () => {
    const other = await gateway.customer();
    expect(await me(bearer(other.token ?? ""))).toBe(other.customerId);
    expect(await me(bearer("garbage"))).toBeNull();
    expect(await me({ authorization: "Basic dGVzc2VyYTpzYW5kYm94" })).toBeNull();
  });

  test("are renewed by a refresh that names no token", async () => {
    const answer = await postRefresh(gateway, null, { cookie: browser.cookie });
    const session = answer.body.data?.refreshSession.session;
    expect(Object.fromEntries(answer.cookies)).toEqual({
      "tessera-access": session?.accessToken,
      "tessera-refresh": session?.refreshToken,
    });
    expect(session?.refreshToken).not.toBe(browser.session.refreshToken);
    expect(await whoIs(gateway, { cookie: cookieHeader(answer.cookies) })).toBe(browser.customerId);
  });

  test("are deleted by a refused refresh", async () => {
    await signOut({ cookie: browser.cookie });
    const answer = await postRefresh(gateway, null, { cookie: browser.cookie });
    expect(answer.body.data?.refreshSession.userErrors[0]?.code).toBe("SESSION_EXPIRED");
    expect(answer.cookies).toEqual(takenAway);
  });

  test("are required by a refresh that names no token", async () => {
    const answer = await postRefresh(gateway, null);
    expect(answer.body.data?.refreshSession.userErrors[0]?.code).toBe("SESSION_EXPIRED");
  });

  test("are deleted by signing out, which ends the session at once", async () => {
    const { cookies, cookieAttributes } = await signOut({ cookie: browser.cookie });
    expect(cookies).toEqual(takenAway);
    for (const attributes of cookieAttributes.values()) {
      expect(attributes).toEqual(expect.arrayContaining(["path=/", inThePast]));
    }
    expect(await me()).toBeNull();
    expect(await whoIs(gateway, bearer(browser.session.accessToken))).toBeNull();
    expect((await refresh(gateway, browser.session.refreshToken)).session).toBeNull();
  });

  test("end the session on signing out even if the access cookie has expired", async () => {
    await signOut({ cookie: `tessera-refresh=${browser.session.refreshToken}` });
    expect(await me()).toBeNull();
    expect((await refresh(gateway, browser.session.refreshToken)).session).toBeNull();
  });
});

describe("a request that another site can have a browser make", () => {
  const mutation = "mutation { signOut { userErrors { code } } }";
  const blocked = async (response: Response) => {
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect(await me()).toBe(browser.customerId);
    return response.text();
  };
  const simplePost = (contentType: string, body: string) =>
    fetch(`${gateway.url}/graphql`, {
      method: "POST",
      headers: { "content-type": contentType, cookie: browser.cookie },
      body,
    });

  test.each([
    ["text/plain", JSON.stringify({ query: mutation })],
    ["text/plain; application/json", JSON.stringify({ query: mutation })],
    ["application/x-www-form-urlencoded", `query=${encodeURIComponent(mutation)}`],
    [
      "multipart/form-data; boundary=x",
      `--x\r\nContent-Disposition: form-data; name="query"\r\n\r\n${mutation}\r\n--x--`,
    ],
    ["", JSON.stringify({ query: mutation })],
  ])("as a form of the type %j is refused", async (contentType, body) => {
    await blocked(await simplePost(contentType, body));
  });

  test("as a link is refused", async () => {
    const text = await blocked(
      await fetch(`${gateway.url}/graphql?query=${encodeURIComponent("{ me { customerId } }")}`, {
        headers: { cookie: browser.cookie },
      }),
    );
    expect(text).not.toContain(browser.customerId);
  });

  test("is allowed as a link with a header that no other site can send, but never for a mutation", async () => {
    const get = (query: string) =>
      fetch(`${gateway.url}/graphql?query=${encodeURIComponent(query)}`, {
        headers: { cookie: browser.cookie, "apollo-require-preflight": "1" },
      });
    expect(await (await get("{ me { customerId } }")).json()).toEqual({
      data: { me: { customerId: browser.customerId } },
    });
    await blocked(await get(mutation));
  });
});

describe("a page of another origin", () => {
  const foreign = () => [
    "https://evil.example",
    "https://example.com",
    `${SHOP}.evil.example`,
    "https://sub.shop.example.com",
    "http://shop.example.com",
    `${SHOP}:8443`,
    "http://localhost:1",
    `${gateway.url}0`.replace("localhost", "localhost.evil.example"),
    gateway.url.replace("http:", "https:"),
    "null",
    "file://",
    "garbage",
    "",
  ];

  test("is not signed in by the visitor's cookies", async () => {
    for (const origin of foreign()) expect([origin, await me({ origin })]).toEqual([origin, null]);
  });

  test("gets no CORS header to read the answer", async () => {
    for (const origin of foreign()) {
      const { headers } = await post(gateway.url, { query: "{ me { customerId } }" }, { origin });
      expect([origin, headers.get("access-control-allow-origin")]).toEqual([origin, null]);
    }
  });

  test("may still use a token of its own", async () => {
    const headers = { origin: "https://evil.example", ...bearer(browser.session.accessToken) };
    expect(await whoIs(gateway, headers)).toBe(browser.customerId);
  });
});

describe("a page of this server", () => {
  test("is signed in by the visitor's cookies", async () => {
    expect(await me({ origin: gateway.url })).toBe(browser.customerId);
  });
});

describe("the origin of this server's own pages", () => {
  const https = () => gateway.url.replace("http:", "https:");
  afterAll(() => gateway.restart());

  test("is PUBLIC_ORIGIN, and no other", async () => {
    await gateway.restart({ PUBLIC_ORIGIN: "https://rewards.example.com" });
    browser = await signedInBrowser();
    expect(await me({ origin: "https://rewards.example.com" })).toBe(browser.customerId);
    for (const origin of ["http://rewards.example.com", "https://rewards.example.com:8443", gateway.url, https()]) {
      expect([origin, await me({ origin })]).toEqual([origin, null]);
    }
  });

  test("has the scheme of the X-Forwarded-Proto header of a trusted proxy only", async () => {
    const forwarded = { "x-forwarded-proto": "https" };
    await gateway.restart({ TRUST_PROXY: "127.0.0.1, ::1" });
    browser = await signedInBrowser();
    expect(await me({ origin: https(), ...forwarded })).toBe(browser.customerId);
    expect(await me({ origin: gateway.url, ...forwarded })).toBeNull();
    expect(await me({ origin: gateway.url })).toBe(browser.customerId);
    await gateway.restart({ TRUST_PROXY: "10.0.0.0/8" });
    expect(await me({ origin: https(), ...forwarded })).toBeNull();
  });

  test("has https in production, where a proxy ends TLS", () => {
    const isOwn = makeOriginCheck({ allowedOrigins: [], isSecure: true });
    const from = (origin: string, host: string) => isOwn({ headers: { origin, host }, socket: new Socket() });
    expect(from("https://rewards.example.com", "rewards.example.com")).toBe(true);
    expect(from("http://rewards.example.com", "rewards.example.com")).toBe(false);
    expect(from("https://rewards.example.com", "rewards.example.com:8443")).toBe(false);
    expect(from("http://127.0.0.1:4000", "127.0.0.1:4000")).toBe(true);
  });
});

describe("a page of a listed origin", () => {
  test.each([SHOP, "https://app.example.com"])(
    "is signed in by the cookies and may read the answer: %s",
    async (origin) => {
      expect(await me({ origin })).toBe(browser.customerId);
      const { headers } = await post(gateway.url, { query: "{ me { customerId } }" }, { origin });
      expect(headers.get("access-control-allow-origin")).toBe(origin);
      expect(headers.get("access-control-allow-credentials")).toBe("true");
      expect(headers.get("vary")).toMatch(/\borigin\b/i);
    },
  );

  test("may send a preflight request, and no other origin may", async () => {
    const preflight = (origin: string) =>
      fetch(`${gateway.url}/graphql`, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "content-type",
        },
      });
    const { status, headers } = await preflight(SHOP);
    expect(status).toBe(204);
    expect(headers.get("access-control-allow-origin")).toBe(SHOP);
    expect(headers.get("access-control-allow-headers")).toContain("content-type");
    expect((await preflight("https://evil.example")).headers.get("access-control-allow-origin")).toBeNull();
  });
});

test("without a list no page of another origin may read an answer", async () => {
  await gateway.restart({ ALLOWED_ORIGINS: "" });
  try {
    const { headers } = await post(gateway.url, { query: "{ me { customerId } }" }, { origin: SHOP });
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect(await me({ origin: SHOP })).toBeNull();
    expect(await me({ origin: gateway.url })).toBe(browser.customerId);
  } finally {
    await gateway.restart();
  }
});

test("in production the cookies are bound to https and to the host", async () => {
  await gateway.restart({ NODE_ENV: "production", HOST: "127.0.0.1", CLIENT_SETTLE_SECONDS: "60" });
  try {
    browser = await signedInBrowser();
    const { session, cookieAttributes } = browser;
    expect(Object.fromEntries(browser.cookies)).toEqual({
      "__Host-tessera-access": session.accessToken,
      "__Host-tessera-refresh": session.refreshToken,
    });
    for (const attributes of cookieAttributes.values()) {
      expect(attributes).toEqual(expect.arrayContaining(["path=/", "httponly", "secure", "samesite=lax"]));
      expect(attributes.some((attribute) => attribute.startsWith("domain"))).toBe(false);
    }
    expect(await me()).toBe(browser.customerId);
    for (const path of ["/healthz", "/", "/nowhere", "/%", "/graphql"]) {
      const { headers } = await fetch(`${gateway.url}${path}`);
      expect([path, headers.get("strict-transport-security")]).toEqual([path, "max-age=31536000"]);
    }
    expect(await me({ cookie: `tessera-access=${session.accessToken}` })).toBeNull();
    expect([...(await signOut({ cookie: browser.cookie })).cookies.keys()]).toEqual([...browser.cookies.keys()]);
    expect(await me()).toBeNull();
  } finally {
    await gateway.restart();
  }
});
