import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gateway } from "./site-visit.ts";

const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();

/** Uses the token that the sandbox's gateway has generated. */
const token = (setting: string, file: string) =>
  process.env[setting] ?? readFileSync(join(process.env["DATA_DIR"] ?? ".data", file), "utf8").trim();

async function post(path: string, bearer: string, body: object): Promise<unknown> {
  const response = await fetch(gateway + path, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${bearer}` },
    body: JSON.stringify(body),
  });
  return response.json();
}

const draw = {
  name: "Spring draw",
  prizes: [
    { id: "weekend", name: "A weekend away", oddsPpm: 2_000, stock: 1, kind: "points", points: 20_000 },
    { id: "points-200", name: "200 points", oddsPpm: 80_000, stock: 40, kind: "points", points: 200 },
    { id: "points-25", name: "25 points", oddsPpm: 400_000, stock: null, kind: "points", points: 25 },
    { id: "no-luck", name: "Better luck next time", oddsPpm: 0, stock: null, kind: "none" },
  ],
  fallback: "no-luck",
};
const ticketsForIt = {
  action: "luckydraw",
  campaign: "spring",
  name: "Tickets for the spring draw",
  window: { from: daysAgo(90), until: null },
  audience: { kind: "everybody" },
  caps: { perEvent: 5, memberDay: null, memberTotal: null, budget: null },
  stacking: "exclusive",
  priority: 10,
  pendingDays: 0,
  expiryDays: null,
  drawId: "spring-draw",
  amountPerTicket: 1_000,
};

/** Messages of several weeks of the sandbox's programme, in the producers' form and in order of time. */
export async function fillActivity(customerId: string): Promise<void> {
  const service = token("REWARD_SERVICE_TOKEN", "reward-service-token");
  const operator = token("OPERATOR_TOKEN", "operator-token");
  const member = 90_461;
  const [asha, bela, chand] = [90_462, 90_463, 90_464];

  const change = (bearer: string, mutation: string, inputType: string, input: object) =>
    post("/graphql", bearer, {
      query: `mutation ($input: ${inputType}!) { ${mutation}(input: $input) { userErrors { message } } }`,
      variables: { input },
    });
  const tell = (Action: string, Data: object) =>
    post("/reward-processor", service, { Action, Data: { command: Action, ...Data } });
  const spend = (action: string, days: number, amount: number) =>
    tell(action, { id: member, trxId: `${action}-${days}`, transaction: [{ date: daysAgo(days), amount }] });
  const bring = (days: number, friend: number) =>
    tell("registerreferral", {
      "id-user-share": member,
      "id-user-receive": friend,
      transaction: [{ date: daysAgo(days) }],
    });
  const checkIn = (days: number) => tell("dailycheckin", { id: member, date: daysAgo(days) });

  await change(service, "linkMember", "LinkMemberInput", { customerId, userId: String(member) });
  await tell("register", { id: member, transaction: [{ date: daysAgo(40) }] });
  await bring(21, asha);
  await spend("transactionpromo", 16, 48_000);
  await bring(12, bela);
  await tell("transactionreferral", {
    "id-user-share": member,
    "id-user-receive": asha,
    trxId: "friend-9",
    transaction: [{ date: daysAgo(9), product_id: 12 }],
  });
  await spend("transactionpromo", 6, 125_000);
  await change(operator, "openLuckyDraw", "OpenLuckyDrawInput", {
    drawId: "spring-draw",
    announcement: JSON.stringify(draw),
  });
  const rule = { ruleId: "spring-draw-tickets", definition: JSON.stringify(ticketsForIt) };
  await change(operator, "createRewardRule", "RewardRuleInput", rule);
  await spend("luckydraw", 5, 5_200);
  await checkIn(4);
  await spend("luckydraw", 4, 3_000);
  await change(operator, "closeLuckyDraw", "CloseLuckyDrawInput", { drawId: "spring-draw" });
  await change(operator, "retireRewardRule", "RetireRewardRuleInput", { ruleId: "spring-draw-tickets" });
  await checkIn(3);
  await bring(3, chand);
  await checkIn(2);
  await spend("luckydraw", 2, 6_000);
  await spend("transactionpromo", 1, 18_500);
  await checkIn(1);
}
