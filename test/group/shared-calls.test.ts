import { afterAll, beforeAll, expect, test } from "vitest";
import type { Call } from "../../sandbox/calls.ts";
import { type Customer, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { idleInBackground, queriesAnswered } from "../support/sql-spy.ts";

const CUSTOMERS = 100;
const QUERY = "{ me { customerId orders { totalCount } groupWallets { balance } } }";
interface Shown {
  me: { customerId: string; groupWallets: { balance: number }[] };
}

let gateway: TestGateway;
let customers: Customer[];
beforeAll(async () => {
  gateway = await startTestGateway({}, idleInBackground);
  const { capillary } = gateway.sandbox;
  customers = await Promise.all(
    Array.from({ length: CUSTOMERS }, async (_, index) => {
      const customer = await gateway.customer();
      capillary.addCustomer({ externalId: customer.customerId });
      const { id } = capillary.addGroup({ members: [{ customer: customer.customerId }] });
      capillary.setBalance({ group: id, points: index });
      return customer;
    }),
  );
});
afterAll(() => gateway[Symbol.asyncDispose]());

const lookupsSince = (seq: number): Call[] =>
  gateway.sandbox.calls
    .since(seq)
    .filter(
      ({ upstream, operation, path }) =>
        upstream === "capillary" && operation === "get" && path.includes("/customer/get"),
    );

test("100 simultaneous customers are looked up in few calls, and each sees their own points", async () => {
  const { faults, calls } = gateway.sandbox;
  const seq = calls.since(0).at(-1)?.seq ?? 0;
  const [first, ...others] = customers;
  const hold = faults.add({ upstream: "capillary", operation: "get", fault: "hold", times: 4 });
  const looks = [first?.ok<Shown>(QUERY)];
  await faults.held(hold);
  const haveAsked = queriesAnswered(others.length, / from orders\b/i);
  looks.push(...others.map((customer) => customer.ok<Shown>(QUERY)));
  await haveAsked;
  faults.release({ id: hold.id });
  const shown = await Promise.all(looks);
  expect(shown.map((page) => [page?.me.customerId, page?.me.groupWallets])).toEqual(
    customers.map(({ customerId }, index) => [customerId, [{ balance: index }]]),
  );
  const lookups = lookupsSince(seq);
  expect(lookups.length).toBeGreaterThan(0);
  expect(lookups.length / CUSTOMERS).toBeLessThanOrEqual(0.3);
});
