import { describe, expect, test } from "vitest";
import { type FaultScript, makeFaults } from "../../sandbox/faults.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { clientApi, send } from "./support/client-api.ts";

type OnRedeem = Omit<FaultScript, "upstream" | "operation">;

const script = (sandbox: Sandbox, fault: OnRedeem) =>
  sandbox.faults.add({ upstream: "client", operation: "redeem", ...fault });

/** Redeems 500 of 3500 points under a fault; the body is text, and an Error when the connection broke. */
async function redeemUnder(sandbox: Sandbox, fault: OnRedeem) {
  script(sandbox, fault);
  const url = `${sandbox.url}/api/v1/orders/redeem`;
  const headers = { "content-type": "application/json", authorization: `Basic ${btoa("tessera:sandbox")}` };
  const body = JSON.stringify({
    order_id: "ORD-1",
    customer_id: "CUST12345",
    points_consumed: 500,
    transaction_date: "2026-06-03T10:00:00Z",
  });
  const response = await fetch(url, { method: "POST", headers, body }).catch((error: Error) => error);
  const balance = () => sandbox.client.balance("CUST12345");
  if (response instanceof Error) return { balance: balance(), broken: response };
  const text = await response.text().catch((error: Error) => error);
  return { status: response.status, headers: response.headers, text, balance: balance() };
}

describe("refuse", () => {
  test("is a business refusal without effect", async () => {
    await using sandbox = await startSandbox();
    const { status, text, balance } = await redeemUnder(sandbox, { fault: "refuse" });
    expect(JSON.parse(String(text))).toEqual({ status: false, message: "Refused by scripted fault" });
    expect({ status, balance }).toEqual({ status: 200, balance: 3500 });
  });

  test("has the scripted code and text, with the current failure status", async () => {
    await using sandbox = await startSandbox();
    sandbox.settings.change({ failureStatus: 400 });
    const { status, text } = await redeemUnder(sandbox, { fault: "refuse", message: "Account frozen" });
    expect(status).toBe(400);
    expect(JSON.parse(String(text))).toEqual({ status: false, message: "Account frozen" });
  });
});

test("rate-limit answers 429 with Retry-After and has no effect", async () => {
  await using sandbox = await startSandbox();
  const { status, headers, balance } = await redeemUnder(sandbox, { fault: "rate-limit" });
  expect({ status, balance, retryAfter: headers?.get("retry-after") }).toEqual({
    status: 429,
    balance: 3500,
    retryAfter: "1",
  });
});

for (const [commit, expected] of [
  [false, 3500],
  [true, 3000],
] as const) {
  const effect = commit ? "takes effect" : "has no effect";

  test(`http-500 with commit ${commit} is an HTML page and ${effect}`, async () => {
    await using sandbox = await startSandbox();
    const { status, headers, text, balance } = await redeemUnder(sandbox, { fault: "http-500", commit });
    expect({ status, balance }).toEqual({ status: 500, balance: expected });
    expect(headers?.get("content-type")).toContain("text/html");
    expect(text).toContain("<html>");
  });

  test(`malformed with commit ${commit} is an HTML page with status 200 and ${effect}`, async () => {
    await using sandbox = await startSandbox();
    const { status, headers, text, balance } = await redeemUnder(sandbox, { fault: "malformed", commit });
    expect({ status, balance }).toEqual({ status: 200, balance: expected });
    expect(headers?.get("content-type")).toContain("text/html");
    expect(text).toContain("<html>");
  });

  test(`malformed half with commit ${commit} breaks off inside the JSON and ${effect}`, async () => {
    await using sandbox = await startSandbox();
    const { status, headers, text, balance } = await redeemUnder(sandbox, {
      fault: "malformed",
      message: "half",
      commit,
    });
    expect({ status, balance }).toEqual({ status: 200, balance: expected });
    expect(headers?.get("content-type")).toContain("application/json");
    expect(Number(headers?.get("content-length"))).toBeGreaterThan(30);
    expect(text).toBeInstanceOf(Error);
  });
}

test("drop-before breaks the connection and has no effect", async () => {
  await using sandbox = await startSandbox();
  const { broken, balance } = await redeemUnder(sandbox, { fault: "drop-before", delayMs: 5 });
  expect(broken).toMatchObject({ cause: { code: "ECONNRESET" } });
  expect(balance).toBe(3500);
});

test("commit-then-drop breaks the connection after the deduction", async () => {
  await using sandbox = await startSandbox();
  const { broken, balance } = await redeemUnder(sandbox, { fault: "commit-then-drop" });
  expect(broken).toMatchObject({ cause: { code: "ECONNRESET" } });
  expect(balance).toBe(3000);
  expect(sandbox.client.ledger("CUST12345").at(-1)).toMatchObject({ type: "redeem", order_id: "ORD-1", points: -500 });
});

// Its subject is time. No test depends on a delay's length: short ones are awaited, long ones are aborted.
describe("delay", () => {
  test("takes effect late, even though the caller has left", async () => {
    await using sandbox = await startSandbox();
    script(sandbox, { fault: "delay", delayMs: 1_000 });
    const caller = new AbortController();
    const answer = clientApi(sandbox).redeem({}, caller.signal);
    await sandbox.calls.waitFor((call) => call.operation === "redeem");
    expect(sandbox.client.balance("CUST12345")).toBe(3500);

    caller.abort();
    await expect(answer).rejects.toThrow("aborted");
    const call = await sandbox.calls.waitFor(({ outcome }) => outcome !== "pending");
    expect(call).toMatchObject({ outcome: "abandoned", status: null });
    expect(sandbox.client.balance("CUST12345")).toBe(3000);
  });

  test("answers a caller with a long timeout as without the fault", async () => {
    await using sandbox = await startSandbox();
    const { status, balance } = await redeemUnder(sandbox, { fault: "delay", delayMs: 5 });
    expect({ status, balance }).toEqual({ status: 200, balance: 3000 });
  });

  test("with commit answers late, with the answer of the first moment", async () => {
    await using sandbox = await startSandbox();
    const { status, text, balance } = await redeemUnder(sandbox, { fault: "delay", delayMs: 5, commit: true });
    expect({ status, balance }).toEqual({ status: 200, balance: 3000 });
    expect(JSON.parse(String(text))).toMatchObject({ status: true });
  });

  test("with commit takes effect at once and is silent afterwards", async () => {
    await using sandbox = await startSandbox();
    script(sandbox, { fault: "delay", delayMs: 60_000, commit: true });
    const answer = clientApi(sandbox).redeem();
    answer.catch(() => {});
    await sandbox.calls.waitFor((call) => call.operation === "redeem");
    // The effect follows the arrival at once.
    await new Promise(setImmediate);
    expect(sandbox.client.balance("CUST12345")).toBe(3000);
    expect(sandbox.calls.since(0)).toMatchObject([{ outcome: "pending", status: null }]);
    await sandbox.stop();
    await expect(answer).rejects.toThrow("fetch failed");
  });

  test("is dropped by a reset, so that it cannot affect the new world", async () => {
    await using sandbox = await startSandbox();
    script(sandbox, { fault: "delay", delayMs: 60_000 });
    const answer = clientApi(sandbox).redeem();
    await sandbox.calls.waitFor((call) => call.operation === "redeem");
    sandbox.reset();
    await expect(answer).rejects.toThrow("fetch failed");
    expect(sandbox.client.balance("CUST12345")).toBe(3500);
  });
});

describe("the queue", () => {
  test("is used up in order, each fault for its number of times", async () => {
    await using sandbox = await startSandbox();
    script(sandbox, { fault: "refuse", message: "first", times: 2 });
    script(sandbox, { fault: "refuse", message: "second" });
    const messages = [];
    for (const n of [1, 2, 3, 4]) {
      const { body } = await clientApi(sandbox).redeem({ order_id: `ORD-${n}` });
      messages.push(body.message);
    }
    expect(messages).toEqual(["first", "first", "second", "Points redeemed successfully"]);
  });

  test("does not affect other operations, unless the fault is for any", async () => {
    await using sandbox = await startSandbox();
    script(sandbox, { fault: "rate-limit" });
    expect((await clientApi(sandbox).points()).status).toBe(200);
    sandbox.faults.add({ upstream: "client", operation: "*", fault: "rate-limit" });
    expect((await clientApi(sandbox).points()).status).toBe(429);
    expect((await clientApi(sandbox).redeem()).status).toBe(429);
    expect((await clientApi(sandbox).redeem()).status).toBe(200);
  });

  test("keeps the upstreams apart", () => {
    const faults = makeFaults(
      new Map([
        ["client", ["redeem"]],
        ["other", ["redeem"]],
      ]),
    );
    faults.add({ upstream: "other", operation: "redeem", fault: "refuse" });
    expect(faults.take("client", "redeem")).toBeUndefined();
    expect(faults.take("other", "redeem")).toMatchObject({ fault: "refuse" });
  });

  test("is scripted, read and emptied over HTTP", async () => {
    await using sandbox = await startSandbox();
    const faults = `${sandbox.url}/__sandbox/faults`;
    const body = JSON.stringify({ upstream: "client", operation: "points", fault: "delay", delayMs: 9, times: 3 });
    const stored = await send(faults, { method: "POST", body });
    expect(stored).toMatchObject({ status: 201, body: { operation: "points", fault: "delay", delayMs: 9, times: 3 } });
    expect((await send(faults)).body.faults).toEqual([stored.body]);
    expect((await send(faults, { method: "DELETE" })).status).toBe(204);
    expect(sandbox.faults.list()).toEqual([]);
  });

  const mistakes: [what: string, script: object, hint: string][] = [
    [
      "an unknown operation",
      { operation: "refund" },
      '"generate-otp", "verify-otp", "points", "redeem", "reverse", "credit"',
    ],
    ["an unknown fault", { fault: "explode" }, '"commit-then-drop"'],
    ["an upstream that is not played", { upstream: "bank" }, '"client"'],
    ["a delay without a length", { fault: "delay" }, "delayMs"],
    ["a refusal that commits", { commit: true }, "commit"],
    ["a refusal that hangs up", { hangUp: true }, "hangUp"],
    ["a misspelt field", { delay: 5 }, "delay"],
  ];
  for (const [what, part, hint] of mistakes) {
    test(`answers ${what} with a 400 that helps`, async () => {
      await using sandbox = await startSandbox();
      const body = JSON.stringify({ upstream: "client", operation: "redeem", fault: "refuse", ...part });
      const answer = await send(`${sandbox.url}/__sandbox/faults`, { method: "POST", body });
      expect(answer.status).toBe(400);
      expect(answer.body.message).toContain(hint);
      expect(sandbox.faults.list()).toEqual([]);
    });
  }
});

describe("hold", () => {
  test("answers at the release, and takes effect then", async () => {
    await using sandbox = await startSandbox();
    const fault = script(sandbox, { fault: "hold" });
    const answer = clientApi(sandbox).redeem();
    await sandbox.faults.held(fault);
    expect(sandbox.client.balance("CUST12345")).toBe(3500);
    expect(sandbox.faults.release()).toBe(1);
    expect((await answer).body).toMatchObject({ status: true });
    expect(sandbox.client.balance("CUST12345")).toBe(3000);
  });

  test("with commit takes effect before, and can be dropped afterwards", async () => {
    await using sandbox = await startSandbox();
    const fault = script(sandbox, { fault: "hold", commit: true });
    const answer = clientApi(sandbox).redeem();
    await sandbox.faults.held(fault);
    expect(sandbox.client.balance("CUST12345")).toBe(3000);
    sandbox.faults.release({ with: "drop" });
    await expect(answer).rejects.toThrow("fetch failed");
    expect(sandbox.calls.since(0)).toMatchObject([{ outcome: "dropped", fault: "hold" }]);
  });

  test("dropped, has no effect", async () => {
    await using sandbox = await startSandbox();
    const fault = script(sandbox, { fault: "hold" });
    const answer = clientApi(sandbox).redeem();
    await sandbox.faults.held(fault);
    sandbox.faults.release({ with: "drop" });
    await expect(answer).rejects.toThrow("fetch failed");
    expect(sandbox.client.balance("CUST12345")).toBe(3500);
  });

  test("that hangs up disconnects its caller at once, and takes effect at the release", async () => {
    await using sandbox = await startSandbox();
    const fault = script(sandbox, { fault: "hold", hangUp: true });
    await expect(clientApi(sandbox).redeem()).rejects.toThrow("fetch failed");
    await sandbox.faults.held(fault);
    expect(sandbox.client.balance("CUST12345")).toBe(3500);
    sandbox.faults.release({ id: fault.id });
    await sandbox.calls.waitFor(({ outcome }) => outcome === "abandoned");
    expect(sandbox.client.balance("CUST12345")).toBe(3000);
  });

  test("releases the calls of one fault and holds the others", async () => {
    await using sandbox = await startSandbox();
    const [first, second] = [script(sandbox, { fault: "hold" }), script(sandbox, { fault: "hold" })];
    const one = clientApi(sandbox).redeem({ order_id: "ORD-1" });
    await sandbox.faults.held(first);
    const two = clientApi(sandbox).redeem({ order_id: "ORD-2" });
    await sandbox.faults.held(undefined, 2);
    expect(sandbox.faults.release({ id: second.id })).toBe(1);
    expect((await two).body).toMatchObject({ status: true });
    await sandbox.faults.held(first);
    expect(sandbox.faults.release()).toBe(1);
    expect((await one).body).toMatchObject({ status: true });
  });

  test.each([
    ["hold", "reset"],
    ["hold", "stop"],
    ["never-answer", "reset"],
    ["never-answer", "stop"],
  ] as const)("(%s) is dropped by a %s without effect", async (kind, end) => {
    await using sandbox = await startSandbox();
    const fault = script(sandbox, { fault: kind });
    const answer = clientApi(sandbox).redeem();
    await sandbox.faults.held(fault);
    void sandbox[end]();
    await expect(answer).rejects.toThrow("fetch failed");
    expect(sandbox.client.balance("CUST12345")).toBe(3500);
  });

  test("is released over HTTP", async () => {
    await using sandbox = await startSandbox();
    const fault = script(sandbox, { fault: "hold" });
    const answer = clientApi(sandbox).redeem();
    await sandbox.faults.held(fault);
    const url = `${sandbox.url}/__sandbox/faults/release`;
    expect(await send(url, { method: "POST", body: '{"with":"nothing"}' })).toMatchObject({ status: 400 });
    expect(await send(url, { method: "POST" })).toMatchObject({ status: 200, body: { released: 1 } });
    expect((await answer).body).toMatchObject({ status: true });
  });
});

describe("never-answer", () => {
  test.each([
    [false, 3500],
    [true, 3000],
  ])("with commit %s takes effect before the caller has hung up or after", async (commit, meanwhile) => {
    await using sandbox = await startSandbox();
    script(sandbox, { fault: "never-answer", commit });
    const caller = new AbortController();
    const answer = clientApi(sandbox).redeem({}, caller.signal);
    await sandbox.calls.waitFor((call) => call.operation === "redeem");
    await new Promise(setImmediate);
    expect(sandbox.client.balance("CUST12345")).toBe(meanwhile);
    caller.abort();
    await expect(answer).rejects.toThrow("aborted");
    await sandbox.calls.waitFor(({ outcome }) => outcome === "abandoned");
    expect(sandbox.client.balance("CUST12345")).toBe(3000);
  });
});
