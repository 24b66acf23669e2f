import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.voucher({ points: 100 });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const at = (path: string) => fileURLToPath(new URL(`../../examples/${path}`, import.meta.url));

const run = (program: string, args: string[], env: NodeJS.ProcessEnv) =>
  new Promise<{ code: unknown; output: string }>((resolve) => {
    execFile(program, args, { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? (error ? -1 : 0), output: stdout + stderr }),
    );
  });

test.each<[string, string, string[]]>([
  ["curl", "bash", [at("curl/order.sh")]],
  ["Apollo Client", process.execPath, [at("apollo-client/order.ts")]],
  ["urql", process.execPath, [at("urql/order.ts")]],
])("the example for %s orders, and follows the order to its end", async (_, program, args) => {
  const customerId = `C-${randomUUID()}`;
  gateway.sandbox.client.addCustomer({ customer_id: customerId, balance: 1_000 });
  const env = { PATH: process.env["PATH"], GATEWAY: gateway.url, SANDBOX: gateway.sandbox.url, CUSTOMER: customerId };
  const { code, output } = await run(program, args, env);
  expect(output).toContain("FULFILLED");
  expect(code).toBe(0);
  expect(gateway.ledgerOf({ customerId })).toEqual([1_000, -100]);
});

test("the example for curl ends with the refusal, if there is one", async () => {
  const customerId = `C-${randomUUID()}`;
  gateway.sandbox.client.addCustomer({ customer_id: customerId, balance: 10 });
  const env = { PATH: process.env["PATH"], GATEWAY: gateway.url, SANDBOX: gateway.sandbox.url, CUSTOMER: customerId };
  const { code, output } = await run("bash", [at("curl/order.sh")], env);
  expect(output).toContain("INSUFFICIENT_POINTS");
  expect(output).not.toContain("orderStatus");
  expect(code).toBe(1);
});
