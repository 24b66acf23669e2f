import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { readJson, readValue } from "../read-json.ts";
import {
  balanceChange,
  flagsChange,
  groupChange,
  memberChange,
  newCustomer,
  newGroup,
  newReward,
  rewardChange,
} from "./setup.ts";
import type { CapillaryWorld } from "./world.ts";

const root = "/__sandbox/capillary";

/** The lines about the routes below in `GET /__sandbox`. */
export const capillaryControlIndex = {
  [`GET ${root}/issuals?customer=`]: "every attempt to issue a reward, of one customer or of all",
  [`GET ${root}/redemptions?customer=`]: "points taken, by issues too, and given back",
  [`GET ${root}/customers`]: "everybody enrolled, with their own balances",
  [`POST ${root}/customers`]: '{ "externalId"?, "mobile"?, "userId"?, "segments"?, … }',
  [`GET ${root}/groups`]: "groups, members and the balance that pays for rewards",
  [`POST ${root}/groups`]: '{ "members": [{ "customer", "role"? }], "externalId"?, "id"?, … }',
  [`POST ${root}/groups/change`]: '{ "group", "status"?, "redemptionConfigured"?, … }',
  [`POST ${root}/members`]: '{ "group", "customer", "mayRedeem"?, "active"?, … }: changes or adds one',
  [`GET ${root}/rewards`]: "the catalogue as it is remembered",
  [`POST ${root}/rewards`]: '{ "name", "intouchPoints"?, "paymentConfigs"?, "gives"?, … }',
  [`POST ${root}/rewards/change`]: '{ "id", "enabled"?, "limits"?, … }',
  [`POST ${root}/balances`]: '{ "customer" or "group", "points", "delayed"?, "programId"? }',
  [`POST ${root}/coupons/use`]: '{ "transactionId" }: the coupon is used, and can no longer be revoked',
  [`GET ${root}/flags`]: "what the brand allows, and how what is not documented is played",
  [`POST ${root}/flags`]: '{ "REVOKE_ENABLE"?, "failureStatus"?, "issueAnswer"?, … }',
};

const name = z.union([z.string().min(1), z.number()]);
const byCustomer = z.object({ customer: z.string().optional() });
const groupChangeRequest = groupChange.extend({ group: name });
const memberRequest = memberChange.extend({ group: name, customer: name });
const useRequest = z.strictObject({ transactionId: z.int() });

/** Adds Capillary's part of the control surface to the server. */
export function serveCapillaryControl(app: FastifyInstance, world: CapillaryWorld): void {
  app.get(`${root}/issuals`, async ({ query }) => ({ issuals: world.issuals(readValue(byCustomer, query).customer) }));
  app.get(`${root}/redemptions`, async ({ query }) => ({
    redemptions: world.redemptions(readValue(byCustomer, query).customer),
    reversals: world.reversals(),
  }));

  app.get(`${root}/customers`, async () => ({
    customers: world.customers().map((each) => ({ ...each, balance: world.balance(each.userId) })),
  }));
  app.post(`${root}/customers`, async ({ body }, reply) =>
    reply.code(201).send(world.addCustomer(readJson(newCustomer, body))),
  );

  app.get(`${root}/groups`, async () => ({
    groups: world.groups().map((each) => ({ ...each, balance: world.groupBalance(each.id) })),
  }));
  app.post(`${root}/groups`, async ({ body }, reply) => reply.code(201).send(world.addGroup(readJson(newGroup, body))));
  app.post(`${root}/groups/change`, async ({ body }) => {
    const { group, ...change } = readJson(groupChangeRequest, body);
    return world.changeGroup(group, change);
  });
  app.post(`${root}/members`, async ({ body }) => {
    const { group, customer, ...change } = readJson(memberRequest, body);
    return world.changeMember(group, customer, change);
  });

  app.get(`${root}/rewards`, async () => ({ rewards: world.rewards() }));
  app.post(`${root}/rewards`, async ({ body }, reply) =>
    reply.code(201).send(world.addReward(readJson(newReward, body))),
  );
  app.post(`${root}/rewards/change`, async ({ body }) => world.changeReward(readJson(rewardChange, body)));

  app.post(`${root}/balances`, async ({ body }) => {
    const change = readJson(balanceChange, body);
    world.setBalance(change);
    return change;
  });

  app.post(`${root}/coupons/use`, async ({ body }, reply) => {
    world.useCoupon(readJson(useRequest, body).transactionId);
    return reply.code(204).send();
  });

  app.get(`${root}/flags`, async () => world.flags());
  app.post(`${root}/flags`, async ({ body }) => world.setFlags(readJson(flagsChange, body)));
}
