import { afterAll, beforeAll, expect, test } from "vitest";
import { DAY, makeTestClock } from "../support/clock.ts";
import type { Customer, TestGateway } from "../support/gateway.ts";
import { startRewards } from "../support/rewards/rewards.ts";

const clock = makeTestClock("2026-06-03T05:00:00.000Z");
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startRewards(
    { PUBLIC_ORIGIN: "https://rewards.example", INVITATIONS_PER_CUSTOMER_DAY: "3" },
    { clock },
  );
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Invitation {
  code: string;
  link: string | null;
  acceptedCount: number;
}
const invitationOf = async (customer: Customer): Promise<Invitation> => {
  const { me } = await customer.ok<{ me: { invitation: Invitation | null } }>(
    "{ me { invitation { code link acceptedCount } } }",
  );
  if (!me.invitation) throw new Error("the customer has no invitation");
  return me.invitation;
};

interface Answer {
  awards: { action: string; role: string; quantity: number; state: string }[];
  replayed: boolean;
  userErrors: { code: string; field: string[] }[];
}
const accept = async (customer: Customer, code: string): Promise<Answer> => {
  const { data, errors } = await customer.send<{ acceptInvitation: Answer }>(
    `mutation ($code: String!) { acceptInvitation(input: { code: $code }) {
      awards { action role quantity state } replayed userErrors { code field } } }`,
    { code },
  );
  if (!data) throw new Error(JSON.stringify(errors));
  return data.acceptInvitation;
};
const refusedWith = (code: string) => ({
  awards: [],
  replayed: false,
  userErrors: [{ code, field: ["input", "code"] }],
});

const awardsOf = (customer: Customer) =>
  gateway.sql<{ role: string; points: number }>(
    "select role::text, quantity::int as points from reward_awards where customer_id = $1",
    [customer.customerId],
  );

test("a new customer who accepts an invitation and the customer who invited earn the referral's points, once", async () => {
  const [inviter, friend] = [await gateway.customer(), await gateway.customer()];
  const { code, link, acceptedCount } = await invitationOf(inviter);
  expect(code).toMatch(/^[2-9B-Z]{4}-[2-9B-Z]{4}$/);
  expect(link).toBe(`https://rewards.example/invite/${code}`);
  expect(acceptedCount).toBe(0);

  const written = ` ${code.toLowerCase().replace("-", " ")} `;
  const twins = await Promise.all([accept(friend, written), accept(friend, code), accept(friend, code)]);
  const award = { action: "REGISTER_REFERRAL", role: "RECEIVER", quantity: 100, state: "PENDING" };
  for (const { awards, userErrors } of twins)
    expect({ awards, userErrors }).toEqual({ awards: [award], userErrors: [] });
  expect(twins.map(({ replayed }) => replayed).toSorted()).toEqual([false, true, true]);
  expect(await awardsOf(friend)).toEqual([{ role: "RECEIVER", points: 100 }]);
  expect(await awardsOf(inviter)).toEqual([{ role: "SHARER", points: 200 }]);
  expect(await invitationOf(inviter)).toEqual({ code, link, acceptedCount: 1 });

  const messages = await gateway.sql<{ payload: string; actor: string }>(
    "select payload, actor from reward_messages where action = 'registerreferral'",
  );
  expect(messages).toHaveLength(1);
  expect(JSON.parse(messages[0]?.payload ?? "")).toMatchObject({ Action: "registerreferral" });
});

test("a customer cannot accept an unknown invitation, their own one, or a second one", async () => {
  const [inviter, other, friend] = [await gateway.customer(), await gateway.customer(), await gateway.customer()];
  const { code } = await invitationOf(inviter);
  expect(await accept(inviter, code)).toEqual(refusedWith("INVITATION_OWN"));
  expect(await accept(friend, "2222-2222")).toEqual(refusedWith("INVITATION_NOT_FOUND"));
  expect(await accept(friend, "no code")).toEqual(refusedWith("INVITATION_NOT_FOUND"));
  await accept(friend, code);
  const another = (await invitationOf(other)).code;
  expect(await accept(friend, another)).toEqual(refusedWith("INVITATION_ALREADY_ACCEPTED"));
  expect(await awardsOf(friend)).toEqual([{ role: "RECEIVER", points: 100 }]);
  expect(await awardsOf(other)).toEqual([]);
});

test("the invitation of a blocked customer is not accepted", async () => {
  const [inviter, friend] = [await gateway.customer(), await gateway.customer()];
  const { code } = await invitationOf(inviter);
  await gateway.sql("update customers set blocked_at = now() where customer_id = $1", [inviter.customerId]);
  expect(await accept(friend, code)).toEqual(refusedWith("INVITATION_NOT_FOUND"));
});

test("customers are new for 30 days after the gateway first knew them", async () => {
  const [inviter, friend, other] = [await gateway.customer(), await gateway.customer(), await gateway.customer()];
  const { code } = await invitationOf(inviter);
  await gateway.sql("update customers set created_at = $1", [clock.now()]); // the test's sessions are not those of a sign-in
  clock.advance(30 * DAY - 60_000);
  const again = (customer: Customer) => gateway.customer({ customerId: customer.customerId });
  expect((await accept(await again(friend), code)).userErrors).toEqual([]);
  clock.advance(60_000);
  expect(await accept(await again(other), code)).toEqual(refusedWith("INVITATION_FOR_NEW_CUSTOMERS"));
});

test("within 24 hours an invitation is accepted by three customers and no more, even simultaneously", async () => {
  const inviter = await gateway.customer();
  const { code } = await invitationOf(inviter);
  const friends = await Promise.all(Array.from({ length: 5 }, () => gateway.customer()));
  const answers = await Promise.all(friends.map((friend) => accept(friend, code)));
  const refusals = answers.flatMap(({ userErrors }) => userErrors.map((error) => error.code));
  expect(refusals).toEqual(["INVITATION_LIMIT_REACHED", "INVITATION_LIMIT_REACHED"]);
  expect((await invitationOf(inviter)).acceptedCount).toBe(3);
  clock.advance(DAY);
  expect((await accept(await gateway.customer(), code)).userErrors).toEqual([]);
});

test("two simultaneous customers get one code each; without a referral rule there is no invitation", async () => {
  const customer = await gateway.customer();
  const asked = await Promise.all([invitationOf(customer), invitationOf(customer), invitationOf(customer)]);
  expect(new Set(asked.map(({ code }) => code)).size).toBe(1);
  await gateway.sql("update reward_rules set retired_at = now() where definition->>'action' = 'registerreferral'");
  expect(await customer.ok("{ me { invitation { code } } }")).toEqual({ me: { invitation: null } });
});
