import { generateKeyPairSync, type KeyObject, randomUUID } from "node:crypto";
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from "jose";
import { beforeEach, describe, expect, test } from "vitest";
import { makeAccessTokens } from "../../src/auth/access-token.ts";
import {
  KNOWN_AFTERWARDS_MS,
  makeSigningKeys,
  SIGNING_PERIOD_MS,
  type SigningKey,
} from "../../src/auth/signing-keys.ts";
import { MINUTE, makeTestClock, SECOND, type TestClock } from "../support/clock.ts";

const secret = "a session secret that is long enough";
const owner = { customerId: "C-1", sessionId: randomUUID() };
let clock: TestClock;
const keys = (of = secret) => makeSigningKeys(of, clock);
const tokens = (of = secret) => makeAccessTokens(keys(of), clock);
/** The gateway's own key, so that a token is refused only for the reason in its test's title. */
let own: SigningKey;
beforeEach(async () => {
  clock = makeTestClock();
  own = await keys().current();
});

test("an access token names its customer and session, and expires in 15 minutes", async () => {
  const { accessToken, expiresAt } = await tokens().issue(owner);

  expect(decodeProtectedHeader(accessToken)).toEqual({ alg: "ES256", typ: "at+jwt", kid: own.kid });
  const now = clock.now().getTime() / 1_000;
  expect(decodeJwt(accessToken)).toEqual({
    iss: "tessera",
    aud: "tessera",
    sub: owner.customerId,
    sid: owner.sessionId,
    iat: now,
    nbf: now,
    exp: now + 15 * 60,
    jti: expect.any(String),
  });
  expect(expiresAt).toEqual(new Date(clock.now().getTime() + 15 * MINUTE));
  expect(await tokens().verify(accessToken)).toEqual({ ...owner, expiresAt });
});

test("processes with the same secret accept the token, and others do not", async () => {
  const { accessToken } = await tokens().issue(owner);
  expect(await tokens().verify(accessToken)).toMatchObject(owner);
  expect(await tokens(`${secret}!`).verify(accessToken)).toBeNull();
});

test("two tokens of one session differ", async () => {
  const [one, other] = [await tokens().issue(owner), await tokens().issue(owner)];
  expect(one.accessToken).not.toBe(other.accessToken);
});

test("a token expires on time, with five seconds of tolerance for clock skew", async () => {
  const { accessToken } = await tokens().issue(owner);
  clock.advance(15 * MINUTE + 4 * SECOND);
  expect(await tokens().verify(accessToken)).toMatchObject(owner);
  clock.advance(1 * SECOND);
  expect(await tokens().verify(accessToken)).toBeNull();
});

describe("a token is refused", () => {
  const claims = (changes: Partial<Record<keyof JWTPayload, unknown>> = {}): JWTPayload => {
    const now = clock.now().getTime() / 1_000;
    const whole = {
      iss: "tessera",
      aud: "tessera",
      sub: "C-1",
      sid: owner.sessionId,
      iat: now,
      nbf: now,
      exp: now + 900,
    };
    return JSON.parse(JSON.stringify({ ...whole, ...changes }));
  };
  const signed = (payload: JWTPayload, header: { typ?: string; kid?: string } = {}) =>
    new SignJWT(payload)
      .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: own.kid, ...header })
      .sign(own.privateKey);
  const part = (content: object) => Buffer.from(JSON.stringify(content)).toString("base64url");

  test("not if it is valid: the control of this list", async () => {
    expect(await tokens().verify(await signed(claims()))).toMatchObject(owner);
  });

  const refused: [why: string, token: () => string | Promise<string>][] = [
    ["empty", () => ""],
    ["garbage", () => "garbage"],
    ["three parts of garbage", () => "a.b.c"],
    ["signed with another key under our key id", () => signedWith(somebodyElse())],
    ["of an unknown key", () => signed(claims(), { kid: "unknown" })],
    ["of no key", () => new SignJWT(claims()).setProtectedHeader({ alg: "ES256", typ: "at+jwt" }).sign(own.privateKey)],
    ["changed after it was signed", async () => tampered(await signed(claims()))],
    ["not signed at all (alg none)", () => `${part({ alg: "none", typ: "at+jwt", kid: own.kid })}.${part(claims())}.`],
    ["signed by HS256 with our public key as PEM", () => hmac(own.publicKey.export({ type: "spki", format: "pem" }))],
    ["signed by HS256 with our public key as DER", () => hmac(own.publicKey.export({ type: "spki", format: "der" }))],
    ["signed by HS256 with our public key as JWK", () => hmac(JSON.stringify(own.jwk))],
    ["from another issuer", () => signed(claims({ iss: "elsewhere" }))],
    ["from no issuer", () => signed(claims({ iss: undefined }))],
    ["for another audience", () => signed(claims({ aud: "elsewhere" }))],
    ["for no audience", () => signed(claims({ aud: undefined }))],
    ["of another type", () => signed(claims(), { typ: "JWT" })],
    ["without an end", () => signed(claims({ exp: undefined }))],
    ["without a beginning", () => signed(claims({ nbf: undefined }))],
    ["without a time of issue", () => signed(claims({ iat: undefined }))],
    ["not good yet", () => signed(claims({ nbf: clock.now().getTime() / 1_000 + 60 }))],
    ["without a subject", () => signed(claims({ sub: undefined }))],
    ["of no session", () => signed(claims({ sid: undefined }))],
    ["of a session that is no id", () => signed(claims({ sid: "1 or 1=1" }))],
  ];
  test.each(refused)("if it is %s", async (_, token) => {
    expect(await tokens().verify(await token())).toBeNull();
  });

  const somebodyElse = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const header = (alg: string) => ({ alg, typ: "at+jwt", kid: own.kid });
  const signedWith = (key: KeyObject) => new SignJWT(claims()).setProtectedHeader(header("ES256")).sign(key);
  const hmac = (key: string | Buffer) =>
    new SignJWT(claims()).setProtectedHeader(header("HS256")).sign(Buffer.from(key));
  const tampered = (token: string) => {
    const [header, , signature] = token.split(".");
    return `${header}.${part(claims({ sub: "C-2" }))}.${signature}`;
  };
});

describe("the signing keys", () => {
  /** The test's time becomes the beginning of the next period. */
  const toNextPeriod = () => clock.advance(SIGNING_PERIOD_MS - (clock.now().getTime() % SIGNING_PERIOD_MS));
  const kids = async () => (await keys().known()).map(({ kid }) => kid);

  test("rotate every 30 days, and each is published a whole period earlier", async () => {
    toNextPeriod();
    const [first, second] = [await keys().current(), (await keys().known())[1]];
    clock.advance(SIGNING_PERIOD_MS - 1);
    expect((await keys().current()).kid).toBe(first.kid);
    clock.advance(1);
    expect((await keys().current()).kid).toBe(second?.kid);
  });

  test("stay published until after their last token has expired", async () => {
    toNextPeriod();
    clock.advance(-1);
    const last = await keys().current();
    const { accessToken } = await tokens().issue(owner);
    clock.advance(15 * MINUTE);
    expect(await tokens().verify(accessToken)).toMatchObject(owner);
    clock.advance(KNOWN_AFTERWARDS_MS - 15 * MINUTE);
    expect(await kids()).toContain(last.kid);
    clock.advance(1);
    expect(await kids()).not.toContain(last.kid);
    expect(await kids()).toHaveLength(2);
  });

  test("of a process whose clock is in the next period are accepted by a process behind it", async () => {
    toNextPeriod();
    const { accessToken } = await tokens().issue(owner);
    clock.advance(-1);
    expect(await tokens().verify(accessToken)).toMatchObject(owner);
  });

  test("are published without their private parts, under their thumbprints", async () => {
    for (const { jwk, kid } of await keys().known()) {
      expect(Object.keys(jwk).toSorted()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
      expect(jwk).toMatchObject({ alg: "ES256", crv: "P-256", kty: "EC", use: "sig", kid });
      expect(await calculateJwkThumbprint(jwk)).toBe(kid);
    }
    expect(new Set(await kids()).size).toBe(2);
  });
});
