import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../support/free-port.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { type RealProvider, signInAtProvider, startOidcProvider } from "../support/oidc-provider.ts";

let gateway: TestGateway;
let provider: RealProvider;
const CLIENT = { clientId: "tessera-console", clientSecret: "a secret & a/sign, which Basic has to encode" };
beforeAll(async () => {
  const [port, providerPort] = [await freePort(), await freePort()];
  gateway = await startTestGateway({
    PORT: port,
    OIDC_ISSUER: `http://127.0.0.1:${providerPort}`,
    OIDC_CLIENT_ID: CLIENT.clientId,
    OIDC_CLIENT_SECRET: CLIENT.clientSecret,
    OIDC_SCOPE: "openid staff",
  });
  const redirectUri = `${gateway.url}/console/oidc/callback`;
  provider = await startOidcProvider(Number(providerPort), { ...CLIENT, redirectUri });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await provider?.[Symbol.asyncDispose]();
});

const get = (url: string, cookie = "") => fetch(url, { redirect: "manual", headers: { cookie } });
const cookieNamed = ({ headers }: Response, name: string) =>
  headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0] ?? "")
    .find((cookie) => cookie.startsWith(`${name}=`) && cookie !== `${name}=`) ?? "";
async function begin() {
  const answer = await get(`${gateway.url}/console/oidc/start`);
  expect(answer.status).toBe(302);
  return { address: answer.headers.get("location") ?? "", cookie: cookieNamed(answer, "tessera-oidc") };
}
async function operatorOf(cookie: string) {
  const response = await fetch(`${gateway.url}/graphql?console`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: gateway.url, cookie },
    body: JSON.stringify({ query: "{ operator { name roles } }" }),
  });
  return ((await response.json()) as { data: { operator: unknown } }).data.operator;
}

test("signs an operator in at the provider's page, with the roles of the claim", async () => {
  provider.participants.set("asha@brand", { roles: ["support", "rewards", "staff"] });
  const { address, cookie } = await begin();
  expect(Object.fromEntries(new URL(address).searchParams)).toMatchObject({
    response_type: "code",
    code_challenge_method: "S256",
    scope: "openid staff",
    redirect_uri: `${gateway.url}/console/oidc/callback`,
  });
  const back = await signInAtProvider(address, "asha@brand");
  const answer = await get(back, cookie);
  expect(answer.headers.get("location")).toBe("/console/");
  const session = cookieNamed(answer, "tessera-operator");
  expect(await operatorOf(session)).toEqual({ name: "asha@brand", roles: ["SUPPORT", "REWARDS"] });
  const [entry] = await gateway.sql(
    "select details from audit_log where action = 'operator-session.open' and actor = $1",
    ["asha@brand"],
  );
  expect(entry).toEqual({ details: { by: "PROVIDER" } });
  const again = await get(back, cookie); // the code is good once
  expect(again.headers.get("location")).toBe("/console/?sign-in=refused");
});

test("refuses an authorization response of another browser, or a changed one", async () => {
  provider.participants.set("ravi@brand", { roles: ["admin"] });
  const [mine, others] = [await begin(), await begin()];
  const back = await signInAtProvider(mine.address, "ravi@brand");
  const outcome = async (url: string, cookie: string) => (await get(url, cookie)).headers.get("location");
  expect(await outcome(back, "")).toBe("/console/?sign-in=expired");
  expect(await outcome(back, "tessera-oidc=nonsense")).toBe("/console/?sign-in=expired");
  expect(await outcome(back, others.cookie)).toBe("/console/?sign-in=refused");
  expect(await outcome(back.replace(/iss=[^&]+/, "iss=http%3A%2F%2Fevil.example"), mine.cookie)).toBe(
    "/console/?sign-in=refused",
  );
});

test("refuses a user without a role, or with a reserved name", async () => {
  provider.participants.set("new@brand", { roles: ["staff"] });
  provider.participants.set("account:asha", { roles: ["orders"] });
  const finish = async (login: string) => {
    const { address, cookie } = await begin();
    return get(await signInAtProvider(address, login), cookie);
  };
  expect((await finish("new@brand")).headers.get("location")).toBe("/console/?sign-in=no-role");
  const session = cookieNamed(await finish("account:asha"), "tessera-operator");
  expect(await operatorOf(session)).toEqual({ name: "oidc:account:asha", roles: ["ORDERS"] });
});

test("reports an unreachable provider, and retries", async () => {
  await gateway.restart({ OIDC_ISSUER: "http://127.0.0.1:9" });
  const answer = await get(`${gateway.url}/console/oidc/start`);
  expect(answer.headers.get("location")).toBe("/console/?sign-in=unavailable");
  await gateway.restart();
  expect((await begin()).address).toContain(provider.issuer);
});
