import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from "jose";
import { beforeEach, describe, expect, test } from "vitest";
import { makeAccessTokens } from "../../src/auth/access-token.ts";
import { deriveKey } from "../../src/platform/secret-box.ts";
import { MINUTE, makeTestClock, SECOND, type TestClock } from "../support/clock.ts";

const secret = "a session secret that is long enough";
const owner = { customerId: "C-1", sessionId: randomUUID() };
// The gateway's own key, so that a token below is refused for nothing but what its test says.
const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), deriveKey(secret, "access-token")]),
  format: "der",
  type: "pkcs8",
});
const publicKey = createPublicKey(privateKey);

let clock: TestClock;
const tokens = () => makeAccessTokens(secret, clock);
beforeEach(() => {
  clock = makeTestClock();
});

test("an access token says whose it is, of which session, and that it ends in 15 minutes", async () => {
  const { accessToken, expiresAt } = await tokens().issue(owner);

  expect(decodeProtectedHeader(accessToken)).toEqual({ alg: "EdDSA", typ: "at+jwt" });
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

test("every process with the same secret knows the token, and none with another", async () => {
  const { accessToken } = await tokens().issue(owner);
  expect(await makeAccessTokens(secret, clock).verify(accessToken)).toMatchObject(owner);
  expect(await makeAccessTokens(`${secret}!`, clock).verify(accessToken)).toBeNull();
});

test("two tokens of one session differ", async () => {
  const [one, other] = [await tokens().issue(owner), await tokens().issue(owner)];
  expect(one.accessToken).not.toBe(other.accessToken);
});

test("a token ends with its time, but for five seconds that clocks may differ", async () => {
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
  const signed = (payload: JWTPayload, header: { typ?: string } = {}) =>
    new SignJWT(payload).setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", ...header }).sign(privateKey);
  const part = (content: object) => Buffer.from(JSON.stringify(content)).toString("base64url");

  test("never when all is well: the control of this list", async () => {
    expect(await tokens().verify(await signed(claims()))).toMatchObject(owner);
  });

  const refused: [why: string, token: () => string | Promise<string>][] = [
    ["empty", () => ""],
    ["garbage", () => "garbage"],
    ["three parts of garbage", () => "a.b.c"],
    ["signed by somebody else", () => signedWith(generateKeyPairSync("ed25519").privateKey)],
    ["changed after it was signed", async () => tampered(await signed(claims()))],
    ["not signed at all (alg none)", () => `${part({ alg: "none", typ: "at+jwt" })}.${part(claims())}.`],
    ["signed by HS256 with our public key as PEM", () => hmac(publicKey.export({ type: "spki", format: "pem" }))],
    ["signed by HS256 with our public key as DER", () => hmac(publicKey.export({ type: "spki", format: "der" }))],
    [
      "signed by HS256 with our raw public key",
      () => hmac(publicKey.export({ type: "spki", format: "der" }).subarray(-32)),
    ],
    ["from another issuer", () => signed(claims({ iss: "elsewhere" }))],
    ["from no issuer", () => signed(claims({ iss: undefined }))],
    ["for another audience", () => signed(claims({ aud: "elsewhere" }))],
    ["for no audience", () => signed(claims({ aud: undefined }))],
    ["of another type", () => signed(claims(), { typ: "JWT" })],
    ["without an end", () => signed(claims({ exp: undefined }))],
    ["without a beginning", () => signed(claims({ nbf: undefined }))],
    ["without a time of issue", () => signed(claims({ iat: undefined }))],
    ["not good yet", () => signed(claims({ nbf: clock.now().getTime() / 1_000 + 60 }))],
    ["of nobody", () => signed(claims({ sub: undefined }))],
    ["of no session", () => signed(claims({ sid: undefined }))],
    ["of a session that is no id", () => signed(claims({ sid: "1 or 1=1" }))],
  ];
  test.each(refused)("that is %s", async (_, token) => {
    expect(await tokens().verify(await token())).toBeNull();
  });

  const signedWith = (key: Parameters<SignJWT["sign"]>[0]) =>
    new SignJWT(claims()).setProtectedHeader({ alg: "EdDSA", typ: "at+jwt" }).sign(key);
  const hmac = (key: string | Buffer) =>
    new SignJWT(claims()).setProtectedHeader({ alg: "HS256", typ: "at+jwt" }).sign(Buffer.from(key));
  const tampered = (token: string) => {
    const [header, , signature] = token.split(".");
    return `${header}.${part(claims({ sub: "C-2" }))}.${signature}`;
  };
});
