import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { TestGateway } from "../support/gateway.ts";

/** The path of a file or directory in `examples/`. */
export const example = (path: string) => fileURLToPath(new URL(`../../examples/${path}`, import.meta.url));

/** Runs a program to its end. @returns the exit code and the output */
export const run = (program: string, args: string[], options: { cwd?: string; env: NodeJS.ProcessEnv }) =>
  new Promise<{ code: unknown; output: string }>((resolve) => {
    execFile(program, args, options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? (error ? -1 : 0), output: stdout + stderr }),
    );
  });

/** A customer with 1,000 points, and the examples' environment with the customer, the gateway and the sandbox. */
export function newCustomer(gateway: TestGateway) {
  const customerId = `C-${randomUUID()}`;
  gateway.sandbox.client.addCustomer({ customer_id: customerId, balance: 1_000 });
  const env = { PATH: process.env["PATH"], GATEWAY: gateway.url, SANDBOX: gateway.sandbox.url, CUSTOMER: customerId };
  return { customerId, env };
}

/** The first reward is cheap and sold out, so every example has to select an available one. */
export async function addRewards(gateway: TestGateway): Promise<void> {
  await gateway.voucher({ points: 50, codes: 0 }); // the cheapest is sold out
  await gateway.voucher({ points: 100 });
}
