import { describe, expect, test } from "vitest";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { capillaryApi, md5, till } from "./support/capillary-api.ts";
import { makeTestClock, signIn } from "./support/client-api.ts";

const oauth = (token: string) => ({ "x-cap-api-oauth-token": token });

describe("Basic", () => {
  const wrong = {
    nothing: {},
    "a wrong till": till("someone"),
    "a wrong password": till("sandbox.till", "guess"),
    "the password in the clear": { authorization: `Basic ${btoa("sandbox.till:sandbox")}` },
    "another scheme": { authorization: `Bearer ${btoa(`sandbox.till:${md5("sandbox")}`)}` },
  };
  for (const [what, credentials] of Object.entries(wrong)) {
    test(`with ${what} is answered 401 in each API's own form, and changes nothing`, async () => {
      await using sandbox = await startSandbox();
      const api = capillaryApi(sandbox, credentials);
      const unauthorized = { success: false, code: 401, message: "Unauthorized" };
      expect(await api.issue({ userGroup2Id: 31059 })).toMatchObject({ status: 401, body: { status: unauthorized } });
      expect(await api.revoke(1)).toMatchObject({ status: 401, body: { status: unauthorized } });
      expect(await api.redeem()).toMatchObject({
        status: 401,
        body: { response: { status: { ...unauthorized, success: "false" } } },
      });
      expect(await api.group()).toMatchObject({
        status: 401,
        body: { errors: [{ status: false, code: 401, message: "Unauthorized" }], warnings: [] },
      });
      expect(sandbox.capillary.issuals()).toEqual([]);
      expect(sandbox.capillary.redemptions()).toEqual([]);
    });
  }

  test("accepts the sandbox's configured till and password", async () => {
    await using sandbox = await startSandbox({ capillaryCredentials: { till: "shop.7", password: "p:w" } });
    expect((await capillaryApi(sandbox).group()).status).toBe(401);
    expect((await capillaryApi(sandbox, till("shop.7", "p:w")).group()).status).toBe(200);
  });
});

describe("OAuth", () => {
  test("a generated token opens the rewards API and v2", async () => {
    await using sandbox = await startSandbox();
    const { body } = await capillaryApi(sandbox, {}).token();
    expect(body).toEqual({ data: { accessToken: expect.any(String), ttlSeconds: 300 }, errors: null });
    const api = capillaryApi(sandbox, oauth(body.data.accessToken));
    expect((await api.issue({ userGroup2Id: 31059 })).status).toBe(200);
    expect((await api.group()).status).toBe(200);
  });

  test("does not open v1.1 nor the allocation of points, which accept Basic only", async () => {
    await using sandbox = await startSandbox();
    const { body } = await capillaryApi(sandbox, {}).token();
    const api = capillaryApi(sandbox, oauth(body.data.accessToken));
    const answers = await Promise.all([api.isRedeemable(), api.redeem(), api.customers({ id: 1 }), api.allocate({})]);
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
  });

  test("every token is a new one, and older ones stay valid", async () => {
    await using sandbox = await startSandbox();
    const tokens = await Promise.all(
      [1, 2].map(async () => (await capillaryApi(sandbox, {}).token()).body.data.accessToken),
    );
    expect(new Set(tokens).size).toBe(2);
    for (const token of tokens) expect((await capillaryApi(sandbox, oauth(token)).group()).status).toBe(200);
  });

  test("a token ends after its time to live", async () => {
    const clock = makeTestClock();
    await using sandbox = await startSandbox({ clock });
    const { accessToken, ttlSeconds } = (await capillaryApi(sandbox, {}).token()).body.data;
    const api = capillaryApi(sandbox, oauth(accessToken));
    clock.advance(ttlSeconds - 1);
    expect((await api.group()).status).toBe(200);
    clock.advance(1);
    expect((await api.group()).status).toBe(401);
  });

  test("an Authorization header takes precedence over the token", async () => {
    await using sandbox = await startSandbox();
    const { accessToken } = (await capillaryApi(sandbox, {}).token()).body.data;
    const both = { ...oauth(accessToken), ...till("someone") };
    expect((await capillaryApi(sandbox, both).group()).status).toBe(401);
  });

  test("wrong client credentials get no token", async () => {
    await using sandbox = await startSandbox();
    const answer = await capillaryApi(sandbox, {}).token({ key: "sandbox-key", secret: "guess" });
    expect(answer).toMatchObject({ status: 401, body: { data: null, errors: [{ status: false, code: 401 }] } });
  });

  test("a points provider's customer token is refused", async () => {
    await using sandbox = await startSandbox();
    const token = (await signIn(sandbox)).replace("Bearer ", "");
    expect((await capillaryApi(sandbox, oauth(token)).group()).status).toBe(401);
  });

  test("neither secrets nor tokens are in the call log", async () => {
    await using sandbox = await startSandbox();
    const { accessToken } = (await capillaryApi(sandbox, {}).token()).body.data;
    await capillaryApi(sandbox, oauth(accessToken)).group();
    const shown = JSON.stringify(sandbox.calls.since(0));
    expect(shown).toContain("sandbox-key");
    expect(shown).not.toContain("sandbox-secret");
    expect(shown).not.toContain(accessToken);
  });
});
