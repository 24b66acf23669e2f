import { expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { clientApi, makeTestClock } from "./support/client-api.ts";

const invalid = { status: false, message: "Invalid OTP" };

async function sendOtp(sandbox: Sandbox, customer_id = "CUST12345") {
  const { body } = await clientApi(sandbox).generateOtp(customer_id);
  const sent = sandbox.client.lastOtp(customer_id);
  if (!sent) throw new Error("no OTP was sent");
  expect(body.reference_id).toBe(sent.reference_id);
  const { otp, reference_id } = sent;
  return { otp, reference_id, wrong: otp === "000000" ? "111111" : "000000" };
}

test("the right OTP signs the customer in, with the masked mobile and the points", async () => {
  await using sandbox = await startSandbox();
  const { otp, reference_id } = await sendOtp(sandbox);
  expect(otp).toMatch(/^\d{6}$/);
  const { status, body } = await clientApi(sandbox).verifyOtp({ otp, reference_id });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    status: true,
    customer: { customer_id: "CUST12345", mobile: "98XXXXXX45" },
    points_earned: 5000,
    balance_points: 3500,
  });
});

test("the answer to generate-otp does not contain the OTP", async () => {
  await using sandbox = await startSandbox();
  const { body } = await clientApi(sandbox).generateOtp();
  expect(Object.keys(body).sort()).toEqual(["message", "reference_id", "status"]);
  expect(body.message).not.toMatch(/\d/);
});

test("an OTP is valid until just before its fifth minute ends", async () => {
  const clock = makeTestClock();
  await using sandbox = await startSandbox({ clock });
  const { otp, reference_id } = await sendOtp(sandbox);
  clock.advance(299);
  expect((await clientApi(sandbox).verifyOtp({ otp, reference_id })).body.status).toBe(true);
});

test("an OTP ends after five minutes", async () => {
  const clock = makeTestClock();
  await using sandbox = await startSandbox({ clock });
  const { otp, reference_id } = await sendOtp(sandbox);
  clock.advance(300);
  expect((await clientApi(sandbox).verifyOtp({ otp, reference_id })).body).toEqual(invalid);
});

test("the third try may still succeed", async () => {
  await using sandbox = await startSandbox();
  const api = clientApi(sandbox);
  const { otp, wrong, reference_id } = await sendOtp(sandbox);
  expect((await api.verifyOtp({ otp: wrong, reference_id })).body).toEqual(invalid);
  expect((await api.verifyOtp({ otp: wrong, reference_id })).body).toEqual(invalid);
  expect((await api.verifyOtp({ otp, reference_id })).body.status).toBe(true);
});

test("after three wrong tries the right OTP is refused too", async () => {
  await using sandbox = await startSandbox();
  const api = clientApi(sandbox);
  const { otp, wrong, reference_id } = await sendOtp(sandbox);
  for (const _ of [1, 2, 3]) await api.verifyOtp({ otp: wrong, reference_id });
  expect((await api.verifyOtp({ otp, reference_id })).body).toEqual(invalid);
});

test("an OTP works once", async () => {
  await using sandbox = await startSandbox();
  const api = clientApi(sandbox);
  const { otp, reference_id } = await sendOtp(sandbox);
  const answers = await Promise.all([1, 2, 3].map(() => api.verifyOtp({ otp, reference_id })));
  expect(answers.filter(({ body }) => body.status === true)).toHaveLength(1);
});

test("a newer OTP leaves the older one valid, each under its own reference", async () => {
  await using sandbox = await startSandbox();
  const api = clientApi(sandbox);
  const older = await sendOtp(sandbox);
  const newer = await sendOtp(sandbox);
  expect((await api.verifyOtp({ otp: newer.wrong, reference_id: newer.reference_id })).body).toEqual(invalid);
  expect((await api.verifyOtp({ otp: older.otp, reference_id: older.reference_id })).body.status).toBe(true);
  expect((await api.verifyOtp({ otp: newer.otp, reference_id: newer.reference_id })).body.status).toBe(true);
});

test("an OTP is refused under another reference, which costs no try", async () => {
  await using sandbox = await startSandbox();
  const api = clientApi(sandbox);
  const older = await sendOtp(sandbox);
  const { otp, reference_id } = await sendOtp(sandbox);
  for (const _ of [1, 2, 3]) {
    expect((await api.verifyOtp({ otp, reference_id: older.reference_id })).body).toEqual(invalid);
  }
  expect((await api.verifyOtp({ otp, reference_id })).body.status).toBe(true);
});

test("an OTP is refused for another customer", async () => {
  await using sandbox = await startSandbox();
  const { otp, reference_id } = await sendOtp(sandbox);
  const { body } = await clientApi(sandbox).verifyOtp({ customer_id: "CUST67890", otp, reference_id });
  expect(body).toEqual(invalid);
});

test("a customer outside the sample world gets no OTP", async () => {
  await using sandbox = await startSandbox();
  const { status, body } = await clientApi(sandbox).generateOtp("CUST99999");
  expect({ status, body }).toEqual({ status: 200, body: { status: false, message: "Invalid Customer ID" } });
});
