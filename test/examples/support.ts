import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { TestGateway } from "../support/gateway.ts";

/** The path of a file or directory in `examples/`. */
export const example = (path: string) => fileURLToPath(new URL(`../../examples/${path}`, import.meta.url));

/** Runs a program to its end. @returns the exit code, and all that the program has printed */
export const run = (program: string, args: string[], options: { cwd?: string; env: NodeJS.ProcessEnv }) =>
  new Promise<{ code: unknown; output: string }>((resolve) => {
    execFile(program, args, options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? (error ? -1 : 0), output: stdout + stderr }),
    );
  });

/** A customer with 1,000 points, and the environment by which the examples find the customer, the gateway and the sandbox. */
export function newCustomer(gateway: TestGateway) {
  const customerId = `C-${randomUUID()}`;
  gateway.sandbox.client.addCustomer({ customer_id: customerId, balance: 1_000 });
  const env = { PATH: process.env["PATH"], GATEWAY: gateway.url, SANDBOX: gateway.sandbox.url, CUSTOMER: customerId };
  return { customerId, env };
}

/** Starts with a reward that is too cheap to be left, so every example has to look for one that can be had. */
export async function addRewards(gateway: TestGateway): Promise<void> {
  await gateway.voucher({ points: 50, codes: 0 }); // the cheapest is sold out
  await gateway.voucher({ points: 100 });
}
