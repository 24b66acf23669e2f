import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { basic, clientApi, makeTestClock, send, signIn } from "./support/client-api.ts";

const refusedAtTheDoor = { status: false, message: "Unauthorized" };

describe("service credentials", () => {
  const wrong = {
    none: "",
    "a wrong password": basic("tessera", "guess"),
    "a wrong user": basic("someone", "sandbox"),
    "a customer's kind of token": "Bearer abc",
    "the right pair under another scheme": basic().replace("Basic", "Bearer"),
    nonsense: "Basic",
  };

  for (const [what, authorization] of Object.entries(wrong)) {
    test(`${what}: every call is answered 401 and changes nothing`, async () => {
      await using sandbox = await startSandbox();
      const api = clientApi(sandbox, authorization);
      const answers = [
        await api.generateOtp(),
        await api.verifyOtp({ otp: "123456", reference_id: "REF1" }),
        await api.points(),
        await api.redeem(),
        await api.reverse(),
      ];
      for (const { status, headers, body } of answers) {
        expect({ status, body }).toEqual({ status: 401, body: refusedAtTheDoor });
        expect(headers.get("www-authenticate")).toContain('Basic realm="client-points"');
      }
      expect(sandbox.client.balance("CUST12345")).toBe(3500);
      expect(sandbox.client.lastOtp("CUST12345")).toBeUndefined();
    });
  }

  test("the sandbox accepts configured credentials", async () => {
    await using sandbox = await startSandbox({ credentials: { user: "brand", password: "s:e:c" } });
    expect((await clientApi(sandbox).redeem()).status).toBe(401);
    expect((await clientApi(sandbox, basic("brand", "s:e:c")).redeem()).body.status).toBe(true);
  });

  test("read any customer's points", async () => {
    await using sandbox = await startSandbox();
    const { body } = await clientApi(sandbox).points("CUST67890");
    expect(body).toEqual({ status: true, customer_id: "CUST67890", points_earned: 12000, balance_points: 8200 });
  });
});

describe("a customer's token", () => {
  test("reads that customer's points", async () => {
    await using sandbox = await startSandbox();
    const { body } = await clientApi(sandbox, await signIn(sandbox)).points();
    expect(body).toMatchObject({ status: true, customer_id: "CUST12345", points_earned: 5000, balance_points: 3500 });
  });

  test("does not read another customer's points", async () => {
    await using sandbox = await startSandbox();
    const { status, body } = await clientApi(sandbox, await signIn(sandbox)).points("CUST67890");
    expect({ status, body }).toEqual({ status: 401, body: refusedAtTheDoor });
  });

  test("moves no points", async () => {
    await using sandbox = await startSandbox();
    expect((await clientApi(sandbox, await signIn(sandbox)).redeem()).status).toBe(401);
    expect(sandbox.client.balance("CUST12345")).toBe(3500);
  });

  test("ends after twelve hours", async () => {
    const clock = makeTestClock();
    await using sandbox = await startSandbox({ clock });
    const api = clientApi(sandbox, await signIn(sandbox));
    clock.advance(12 * 3600 - 1);
    expect((await api.points()).status).toBe(200);
    clock.advance(1);
    expect((await api.points()).status).toBe(401);
  });

  test("stays valid after a restart", async () => {
    let authorization: string;
    {
      await using before = await startSandbox();
      authorization = await signIn(before);
    }
    await using after = await startSandbox();
    expect((await clientApi(after, authorization).points()).status).toBe(200);
  });

  test("with another signer is refused", async () => {
    await using sandbox = await startSandbox();
    const forged = await new SignJWT()
      .setProtectedHeader({ alg: "HS256" })
      .setSubject("CUST12345")
      .setExpirationTime("1h")
      .sign(new TextEncoder().encode("another key of thirty-two bytes!"));
    expect((await clientApi(sandbox, `Bearer ${forged}`).points()).status).toBe(401);
  });
});

test("an unknown path refers to the control surface", async () => {
  await using sandbox = await startSandbox();
  const { status, body } = await send(`${sandbox.url}/api/v1/orders/refund`, { method: "POST" });
  expect(status).toBe(404);
  expect(body.message).toContain("/__sandbox");
});
