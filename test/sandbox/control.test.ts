import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { makeCallLog } from "../../sandbox/calls.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { basic, clientApi, send, signIn } from "./support/client-api.ts";

const control = ({ url }: Sandbox, path: string, body?: unknown) =>
  send(`${url}/__sandbox${path}`, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) });

describe("calls", () => {
  test("lists every upstream call in order, with its answer, and not the reads of the control surface", async () => {
    await using sandbox = await startSandbox();
    const api = clientApi(sandbox);
    await api.points();
    await control(sandbox, "/client/ledger?customer_id=CUST12345");
    await api.redeem({ points_consumed: 1.5 });
    await clientApi(sandbox, "").generateOtp();
    const { body } = await control(sandbox, "/calls");
    expect(body).toMatchObject({
      calls: [
        {
          seq: 1,
          upstream: "client",
          operation: "points",
          method: "GET",
          path: "/api/v1/customer/points",
          query: { customer_id: "CUST12345" },
          body: null,
          status: 200,
        },
        { seq: 2, operation: "redeem", method: "POST", body: { points_consumed: 1.5 }, status: 400 },
        { seq: 3, operation: "generate-otp", status: 401 },
      ],
      next: 3,
    });
  });

  test("since a bookmark shows only later calls", async () => {
    await using sandbox = await startSandbox();
    await clientApi(sandbox).points();
    const { next } = (await control(sandbox, "/calls")).body;
    expect((await control(sandbox, `/calls?since=${next}`)).body).toEqual({ calls: [], next });
    await clientApi(sandbox).redeem();
    const later = await control(sandbox, `/calls?since=${next}`);
    expect(later.body).toMatchObject({ calls: [{ operation: "redeem" }], next: 2 });
  });

  test("never show an OTP or a credential", async () => {
    await using sandbox = await startSandbox();
    const authorization = await signIn(sandbox);
    const { otp = "" } = sandbox.client.lastOtp("CUST12345") ?? {};
    await clientApi(sandbox, authorization).points();
    await clientApi(sandbox).post("/api/v1/auth/verify-otp", [{ nested: { OTP: otp } }]);
    await clientApi(sandbox).post("/api/v1/auth/verify-otp", `{"otp":"${otp}"`);

    const { body } = await control(sandbox, "/calls");
    const shown = JSON.stringify(body.calls?.map((call) => ({ ...call, at: "" })));
    expect(otp).toMatch(/^\d{6}$/);
    expect(shown).toContain('"otp":"******"');
    expect(shown).not.toContain(otp);
    expect(shown).not.toContain(authorization.replace("Bearer ", ""));
    expect(shown).not.toContain(basic().replace("Basic ", ""));
  });

  test("name the scripted fault and the call's outcome", async () => {
    await using sandbox = await startSandbox();
    sandbox.faults.add({ upstream: "client", operation: "redeem", fault: "commit-then-drop" });
    await expect(clientApi(sandbox).redeem()).rejects.toThrow("fetch failed");
    expect(sandbox.calls.since(0)).toMatchObject([{ fault: "commit-then-drop", status: null, outcome: "dropped" }]);
  });

  test("are kept up to ten thousand", () => {
    const calls = makeCallLog({ now: () => new Date(0) });
    const call = { upstream: "client", operation: "points", method: "GET", path: "/", query: {}, body: null };
    for (let n = 0; n < 10_001; n += 1) calls.receive(call);
    expect(calls.since(0)).toHaveLength(10_000);
    expect(calls.since(0)[0]?.seq).toBe(2);
  });

  test("can be awaited, before and after they arrive", async () => {
    await using sandbox = await startSandbox();
    const early = sandbox.calls.waitFor((call) => call.operation === "points" && call.status === 200);
    await clientApi(sandbox).points();
    const late = sandbox.calls.waitFor((call) => call.operation === "points" && call.status === 200);
    expect(await early).toEqual(await late);
    await expect(sandbox.calls.waitFor(() => false, 1)).rejects.toThrow("no call fitted");
  });
});

describe("the points provider's world", () => {
  test("shows a ledger", async () => {
    await using sandbox = await startSandbox();
    const { body } = await control(sandbox, "/client/ledger?customer_id=CUST12345");
    expect(body).toEqual({
      customer_id: "CUST12345",
      points_earned: 5000,
      balance_points: 3500,
      entries: sandbox.client.ledger("CUST12345"),
    });
  });

  test("shows the sample customers with their current points and the groups that they are active members of", async () => {
    await using sandbox = await startSandbox();
    sandbox.client.credit("CUST00001", 25);
    sandbox.capillary.changeMember("famgroup11", "CUST12345", { active: false });
    sandbox.capillary.changeGroup("famgroup12", { status: "DELETED" });
    sandbox.client.addCustomer({ customer_id: "CUST7", balance: 10 });
    expect((await control(sandbox, "/sample-customers")).body).toEqual({
      customers: [
        { customer_id: "CUST12345", balance_points: 3500, groups: ["Team seven"] },
        { customer_id: "CUST67890", balance_points: 8200, groups: ["Team seven"] },
        { customer_id: "CUST00001", balance_points: 25, groups: [] },
      ],
    });
  });

  test("shows the newest OTP, and explains how to get one if there is none", async () => {
    await using sandbox = await startSandbox();
    const none = await control(sandbox, "/client/otp?customer_id=CUST12345");
    expect(none).toMatchObject({ status: 404, body: { message: expect.stringContaining("generate-otp") } });
    const { body } = await clientApi(sandbox).generateOtp();
    const shown = await control(sandbox, "/client/otp?customer_id=CUST12345");
    expect(shown.body).toMatchObject({ reference_id: body.reference_id, attempts_left: 3 });
    expect(shown.body.otp).toMatch(/^\d{6}$/);
  });

  test("accepts a new customer once", async () => {
    await using sandbox = await startSandbox();
    const customer = { customer_id: "CUST7", balance: 10, earned: 20, mobile: "91XXXXXX77" };
    expect((await control(sandbox, "/client/customers", customer)).status).toBe(201);
    expect((await control(sandbox, "/client/customers", customer)).status).toBe(409);
    expect((await clientApi(sandbox).points("CUST7")).body).toMatchObject({ points_earned: 20, balance_points: 10 });
  });

  test("accepts a credit, which counts as earned", async () => {
    await using sandbox = await startSandbox();
    const { body } = await control(sandbox, "/client/credit", { customer_id: "CUST00001", points: 250 });
    expect(body).toMatchObject({ points_earned: 250, balance_points: 250 });
  });

  test("refuses a credit beyond a safe number", async () => {
    await using sandbox = await startSandbox();
    const points = Number.MAX_SAFE_INTEGER;
    expect((await control(sandbox, "/client/credit", { customer_id: "CUST12345", points })).status).toBe(409);
    expect(sandbox.client.balance("CUST12345")).toBe(3500);
  });

  test("returns copies: a test's earlier reads do not change", async () => {
    await using sandbox = await startSandbox();
    const { client } = sandbox;
    const read = [client.ledger("CUST12345"), client.account("CUST12345"), sandbox.calls.since(0)];
    const before = structuredClone(read);
    await clientApi(sandbox).redeem();
    expect(read).toEqual(before);
  });

  test("answers 404 for unknown customers", async () => {
    await using sandbox = await startSandbox();
    const answers = [
      await control(sandbox, "/client/ledger?customer_id=X"),
      await control(sandbox, "/client/otp?customer_id=X"),
      await control(sandbox, "/client/credit", { customer_id: "X", points: 1 }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
  });

  test("refuses a customer who has more than they earned, and a number that is not masked", async () => {
    await using sandbox = await startSandbox();
    const richer = { customer_id: "CUST7", balance: 10, earned: 5 };
    const open = { customer_id: "CUST7", balance: 10, mobile: "9812345645" };
    expect(await control(sandbox, "/client/customers", richer)).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining("earned") },
    });
    expect(await control(sandbox, "/client/customers", open)).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining("mobile") },
    });
  });
});

test("settings can be changed one at a time and read back", async () => {
  await using sandbox = await startSandbox();
  expect((await control(sandbox, "/settings")).body).toEqual({ repeat: "refuse", failureStatus: 200 });
  await control(sandbox, "/settings", { repeat: "accept" });
  expect((await control(sandbox, "/settings", { failureStatus: 400 })).body).toEqual({
    repeat: "accept",
    failureStatus: 400,
  });
  expect((await control(sandbox, "/settings", { repeat: "maybe" })).status).toBe(400);
});

test("a reset restores everything", async () => {
  await using sandbox = await startSandbox();
  await signIn(sandbox);
  await clientApi(sandbox).redeem();
  sandbox.faults.add({ upstream: "client", operation: "*", fault: "http-500" });
  sandbox.settings.change({ repeat: "double" });
  sandbox.client.addCustomer({ customer_id: "CUST7", balance: 1 });

  expect((await control(sandbox, "/reset", {})).status).toBe(204);
  expect(sandbox.client.balance("CUST12345")).toBe(3500);
  expect(sandbox.client.has("CUST7")).toBe(false);
  expect(sandbox.client.lastOtp("CUST12345")).toBeUndefined();
  expect(sandbox.faults.list()).toEqual([]);
  expect(sandbox.calls.since(0)).toEqual([]);
  expect(sandbox.settings.current()).toEqual({ repeat: "refuse", failureStatus: 200 });
  expect((await clientApi(sandbox).redeem()).body.status).toBe(true);
});

test("a stop does not wait for a caller in mid-request", async () => {
  const sandbox = await startSandbox();
  const caller = connect(Number(new URL(sandbox.url).port), "127.0.0.1");
  caller.on("error", () => {});
  const gone = once(caller, "close");
  const head = `POST /api/v1/orders/redeem HTTP/1.1\r\nHost: sandbox\r\nExpect: 100-continue\r\nContent-Length: 99\r\n\r\n`;
  caller.write(head);
  await once(caller, "data");
  await sandbox.stop();
  await gone;
});

test("the index names every route of the control surface, and each one answers", async () => {
  await using sandbox = await startSandbox();
  const { body } = await control(sandbox, "");
  expect(Object.keys(body)).toHaveLength(30);
  for (const line of Object.keys(body)) {
    const [method = "", path = ""] = line.split(" ");
    const response = await fetch(`${sandbox.url}${path}`, { method });
    expect(await response.text(), line).not.toContain("The sandbox has no route");
  }
});
