import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { addRewards, example, newCustomer, run } from "./support.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
  await addRewards(gateway);
});
afterAll(() => gateway[Symbol.asyncDispose]());

test("the example for Relay compiles against the schema, orders, and follows the order to its end", async () => {
  const { customerId, env } = newCustomer(gateway);
  const { code, output } = await run("npm", ["run", "order"], { cwd: example("relay"), env });
  expect(output).toMatch(/in the store: FULFILLED/);
  expect(code).toBe(0);
  expect(gateway.ledgerOf({ customerId })).toEqual([1_000, -100]);
});
