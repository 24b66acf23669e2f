import { execFile } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../support/free-port.ts";
import { REWARD_SERVICE_TOKEN, startTestGateway, type TestGateway, WEBHOOK_SECRET } from "../support/gateway.ts";
import { orderPrepared, placeOrder } from "../support/orders.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

function run(script: string, args: string[], env: Record<string, string> = {}) {
  const { port } = new URL(gateway.url);
  const settings = { ...process.env, PORT: port, WEBHOOK_SECRET, REWARD_SERVICE_TOKEN, ...env };
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const child = execFile(process.execPath, [`scripts/${script}`, ...args], { env: settings }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out: out.trim(), err: err.trim() }),
    );
    child.stdin?.end("customerId,userId\nsomebody,5100\n");
  });
}
const warehouse = (...args: string[]) => run("warehouse.ts", args);

describe("npm run warehouse", () => {
  test("prints the outcome of the report", async () => {
    const customer = await gateway.customer();
    const reward = await gateway.merchandise();
    const { number } = await orderPrepared(customer, await placeOrder(customer, [reward.id, 1]));
    expect(await warehouse(number, "1", "shipped", "BlueDart", "BD1")).toEqual({
      code: 0,
      out: "applied: the gateway recorded the new status.",
      err: "",
    });
    expect((await warehouse(number, "1", "SHIPPED")).out).toBe("no-change: the shipment had this status already.");
    const ignored = await warehouse(number, "1", "REJECTED");
    expect(ignored).toMatchObject({ code: 0, err: "" });
    expect(ignored.out).toMatch(/^ignored: the shipment cannot go from its present status to this one/);
  });

  test("identifies the example, and says for an unknown order where to find a real one", async () => {
    const { code, err } = await warehouse("ORD-261122-7K3MQ9XZ4T", "1", "REJECTED");
    expect(code).toBe(1);
    expect(err).toContain("ORD-261122-7K3MQ9XZ4T is an example. Order merchandise first; its number is on");
    expect(err).toContain(`${gateway.url}/orders`);
    expect((await warehouse("ORD-1", "1", "REJECTED")).err).not.toContain("is an example");
  });

  test.each([[[]], [["ORD-1", "one", "SHIPPED"]], [["ORD-1", "0", "SHIPPED"]], [["ORD-1", "1", "SENT"]]])(
    "with bad arguments sends nothing: %j",
    async (args) => {
      const { code, err } = await warehouse(...args);
      expect(code).toBe(2);
      expect(err).toContain("Give an order number, a line (1 is the first) and a status: SHIPPED, DELIVERED,");
    },
  );

  test("with another secret says which one to use", async () => {
    const { code, err } = await run("warehouse.ts", ["ORD-1", "1", "LOST"], { WEBHOOK_SECRET: "x".repeat(16) });
    expect(code).toBe(1);
    expect(err).toContain("Give this command the same DATA_DIR or WEBHOOK_SECRET as the gateway.");
  });
});

const commands: [script: string, ...args: string[]][] = [
  ["warehouse.ts", "ORD-1", "1", "LOST"],
  ["import-members.ts", "-"],
];
describe.each(commands)("%s", (script, ...args) => {
  test("without a gateway names the address and the remedy", async () => {
    const PORT = await freePort();
    const { code, err } = await run(script, args, { PORT });
    expect(code).toBe(2);
    expect(err).toMatch(`No gateway answers at http://localhost:${PORT} `);
    expect(err).toMatch(/Start the gateway with npm run start, or give this command the same PORT, HOST and DATA_DIR/);
    expect(err).not.toMatch(/^ +at /m);
  });

  test("is not misled by another program on that port", async () => {
    const { code, err } = await run(script, args, { PORT: new URL(gateway.sandbox.url).port });
    expect(code).toBe(2);
    expect(err).toContain("but not as a gateway does");
  });
});
