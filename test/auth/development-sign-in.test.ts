import Fastify from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApp } from "../../src/app.ts";
import { mountDevelopmentSignIn } from "../../src/auth/development-sign-in.ts";
import { readConfig } from "../../src/config/config.ts";
import { makeLogger } from "../../src/platform/logger.ts";
import { productPace } from "../../src/program/pace.ts";
import { makeTestGateway, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { type OwnSandbox, ownSandbox } from "../support/own-sandbox.ts";
import { send } from "../support/raw-http.ts";
import { bearer, whoIs } from "../support/sign-in.ts";

const ALLOWED = "https://shop.example";
/** The microsite and GraphiQL find the route here. */
const PLACES = ["/", "/signin", "/no/such/page", "/graphiql/settings.json"];
const offer = /<meta name="development-sign-in" content="\/dev\/sign-in"|"signInPath":"\/dev\/sign-in"/;

let sandbox: OwnSandbox;
beforeAll(() => {
  sandbox = ownSandbox();
});
afterAll(() => sandbox[Symbol.dispose]());

type Headers = Record<string, string>;
const list = (gateway: TestGateway, headers: Headers = {}) => send(`${gateway.url}/dev/sign-in`, { headers });
const signIn = (gateway: TestGateway, body: unknown, headers: Headers = {}) =>
  send(`${gateway.url}/dev/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
/** The console's one-click sign-in. */
const click = (gateway: TestGateway, headers: Headers = {}) =>
  send(`${gateway.url}/console/sign-in/development`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: gateway.url, ...headers },
    body: "{}",
  });
const placesThatOffer = async (gateway: TestGateway, headers: Headers = {}) => {
  const offers = async (path: string) =>
    offer.test((await send(`${gateway.url}${path}`, { headers: { accept: "text/html", ...headers } })).text);
  const found = await Promise.all(PLACES.map(offers));
  return PLACES.filter((_, index) => found[index]);
};

describe("a gateway in development, with the sandbox that it has started,", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ ...sandbox.settings, ALLOWED_ORIGINS: ALLOWED });
  });
  afterAll(() => gateway?.[Symbol.asyncDispose]());

  test("lists the sample customers with their points and active groups, and its pages refer to the route", async () => {
    const { status, headers, text } = await list(gateway);
    expect([status, headers["cache-control"]]).toEqual([200, "no-store"]);
    expect(JSON.parse(text)).toEqual({
      customers: [
        { customerId: "CUST12345", points: 3500, groups: ["Rao family", "Team seven"] },
        { customerId: "CUST67890", points: 8200, groups: ["Team seven", "Mehta family"] },
        { customerId: "CUST00001", points: 0, groups: [] },
      ],
    });
    expect(await placesThatOffer(gateway)).toEqual(PLACES);
  });

  test("answers with a sign-in link, which opens an audited session once", async () => {
    const { status, text } = await signIn(gateway, { customerId: "CUST67890" }, { origin: gateway.url });
    expect(status).toBe(200);
    const input = JSON.parse(text) as { customerId: string; token: string };
    expect(await gateway.sql("select id from sessions")).toEqual([]);
    const use = () =>
      gateway.anonymous.ok<{ signInWithToken: { session: { accessToken: string } } }>(
        `mutation ($input: SignInWithTokenInput!) {
          signInWithToken(input: $input) { session { accessToken } userErrors { code } } }`,
        { input },
      );
    const { session } = (await use()).signInWithToken;
    expect(await whoIs(gateway, bearer(session.accessToken))).toBe("CUST67890");
    expect(await gateway.sql("select actor, action from audit_log")).toEqual([
      { actor: "CUST67890", action: "session.hand-off" },
    ]);
    await expect(use()).rejects.toThrow("SIGN_IN_LINK_USED");
  });

  test.each<[who: string, headers: (port: string) => Headers]>([
    ["a page of another site", () => ({ origin: "https://evil.example" })],
    ["a page of another port", () => ({ origin: "http://localhost:3000" })],
    ["a page without an origin, such as a sandboxed frame", () => ({ origin: "null" })],
    ["a page that may use the cookies of /graphql", () => ({ origin: ALLOWED })],
    ["a page whose browser sends no origin", () => ({ "sec-fetch-site": "cross-site" })],
    ["a page of another port whose browser sends no origin", () => ({ "sec-fetch-site": "same-site" })],
    [
      "a site whose name resolves to this machine",
      (port) => ({
        host: `evil.example:${port}`,
        origin: `http://evil.example:${port}`,
        "sec-fetch-site": "same-origin",
      }),
    ],
    ["a request to this machine's name in a network", (port) => ({ host: `192.168.1.5:${port}` })],
    ["a client behind a proxy", () => ({ "x-forwarded-for": "203.0.113.7" })],
    ["a client behind a standard proxy", () => ({ forwarded: "for=203.0.113.7" })],
  ])("returns %s neither a token nor the list", async (_, headersAt) => {
    const headers = headersAt(new URL(gateway.url).port);
    for (const answer of [await signIn(gateway, { customerId: "CUST12345" }, headers), await list(gateway, headers)]) {
      expect(answer.status).toBe(403);
      expect(JSON.parse(answer.text)).toEqual({ error: expect.stringContaining("as localhost or 127.0.0.1") });
    }
    const isAboutOrigin = "origin" in headers || "sec-fetch-site" in headers;
    if (!isAboutOrigin) expect(await placesThatOffer(gateway, headers)).toEqual([]);
  });

  test("signs the sample operator in to the console with one click, only on this machine", async () => {
    const { status, headers } = await click(gateway);
    expect([status, String(headers["set-cookie"])]).toEqual([204, expect.stringContaining("tessera-operator=")]);
    const ways = await send(`${gateway.url}/console/sign-in/ways`, { headers: {} });
    expect(JSON.parse(ways.text)).toEqual({ provider: false, development: true });
    expect((await click(gateway, { origin: "https://evil.example" })).status).toBe(403);
    expect((await click(gateway, { "x-forwarded-for": "203.0.113.7" })).status).toBe(404);
  });

  test("describes the mistake in a request", async () => {
    for (const body of [{}, { customerId: "" }, { customerId: "a b" }, { customerId: ["CUST12345"] }, []]) {
      const { status, text } = await signIn(gateway, body);
      expect([status, JSON.parse(text).error]).toEqual([400, expect.stringContaining('{"customerId":"CUST12345"}')]);
    }
    const asText = await signIn(gateway, { customerId: "CUST12345" }, { "content-type": "text/plain" });
    expect(asText.status).toBe(400);
    const { status, text } = await signIn(gateway, { customerId: "NOBODY" });
    expect([status, JSON.parse(text)]).toEqual([404, { error: "The sandbox has no customer NOBODY." }]);
  });
});

describe("the route", () => {
  const routeTo = (sandboxUrl: string) => {
    const fastify = Fastify();
    mountDevelopmentSignIn(fastify, { isProduction: false, handOff: { key: undefined } }, sandboxUrl);
    return fastify;
  };
  const payload = { customerId: "CUST12345" };

  test("refuses clients on other machines, even with a local Host header", async () => {
    await using fastify = routeTo("http://127.0.0.1:1");
    for (const remoteAddress of ["192.168.1.7", "fe80::1", "::ffff:10.0.0.1", "::127.0.0.1"]) {
      const { statusCode } = await fastify.inject({ method: "POST", url: "/dev/sign-in", remoteAddress, payload });
      expect([remoteAddress, statusCode]).toEqual([remoteAddress, 403]);
    }
  });

  test("reports that the sandbox does not answer", async () => {
    await using fastify = routeTo("http://127.0.0.1:1");
    for (const method of ["GET", "POST"] as const) {
      const answer = await fastify.inject({ method, url: "/dev/sign-in", ...(method === "POST" && { payload }) });
      expect(answer.statusCode).toBe(503);
      expect(answer.json()).toEqual({
        error: "The sandbox at http://127.0.0.1:1 does not answer as expected. Start the gateway again.",
      });
    }
  });
});

describe("the route does not exist, and no page refers to it,", () => {
  const production = { NODE_ENV: "production", CLIENT_SETTLE_SECONDS: "60" };
  test.each<[where: string, start: () => Promise<TestGateway>]>([
    ["in production, also with a sandbox as its upstream", () => startTestGateway(production)],
    ["in development with a configured upstream, also a sandbox", () => startTestGateway({ NODE_ENV: "development" })],
    [
      "where a configured key verifies the links of somebody else",
      () => startTestGateway({ ...sandbox.settings, CLIENT_HANDOFF_KEY: "k".repeat(32) }),
    ],
    [
      "in production, even if that ever started a sandbox",
      async () => {
        const log = await makeLogger({ level: "silent", pretty: false });
        return makeTestGateway(
          (settings) =>
            startApp({ ...readConfig(settings), isProduction: true }, { log, pace: { ...productPace, otpGridMs: 1 } }),
          sandbox.settings,
        );
      },
    ],
  ])("%s", async (_, start) => {
    await using gateway = await start();
    const answers = [await list(gateway), await signIn(gateway, { customerId: "CUST12345" })];
    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
    expect((await click(gateway)).status).toBe(404);
    expect(await placesThatOffer(gateway)).toEqual([]);
  });
});
