import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { addRewards, example, newCustomer, run } from "./support.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
  await addRewards(gateway);
});
afterAll(() => gateway[Symbol.asyncDispose]());

test.each<[string, string, string[]]>([
  ["curl", "bash", [example("curl/order.sh")]],
  ["Apollo Client", process.execPath, [example("apollo-client/order.ts")]],
  ["urql", process.execPath, [example("urql/order.ts")]],
])("the example for %s orders, and follows the order to its end", async (_, program, args) => {
  const { customerId, env } = newCustomer(gateway);
  const { code, output } = await run(program, args, { env });
  expect(output).toContain("FULFILLED");
  expect(code).toBe(0);
  expect(gateway.ledgerOf({ customerId })).toEqual([1_000, -100]);
});

test("the example for curl ends with the refusal, if there is one", async () => {
  const { env } = newCustomer(gateway);
  await run("bash", [example("curl/order.sh")], { env });
  const { code, output } = await run("bash", [example("curl/order.sh")], { env });
  expect(output).toContain("OTP_THROTTLED");
  expect(output).not.toContain("orderStatus");
  expect(code).toBe(1);
});
