import type { ServiceAnswer } from "../../../src/messages/answer.ts";
import type { RewardAction } from "../../../src/messages/message.ts";
import type { DefinitionOf, RuleDefinition } from "../../../src/rules/rule.ts";
import { sampleProgramme } from "../../../src/rules/sample-programme.ts";
import { REWARD_SERVICE_TOKEN, startTestGateway, type TestGateway } from "../gateway.ts";

/** A gateway with the sample programme. Its awards stay pending: no worker credits them. */
export const startRewards = (...[env, ports]: Parameters<typeof startTestGateway>) =>
  startTestGateway({ SEED: "sample", ...env }, { ...ports, pace: { creditPollMs: 0, ...ports?.pace } });

export interface Posted<Body = ServiceAnswer> {
  status: number;
  body: Body;
  /** The body as received. */
  text: string;
}

export async function post<Body = ServiceAnswer>(
  { url }: TestGateway,
  message: unknown,
  token: string | undefined = REWARD_SERVICE_TOKEN,
): Promise<Posted<Body>> {
  const response = await fetch(`${url}/reward-processor`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: typeof message === "string" ? message : JSON.stringify(message),
  });
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text) as Body, text };
}

export interface StoredAward {
  action: RewardAction;
  line: number;
  role: string;
  unit: string;
  quantity: number;
  state: string;
  customer_id: string | null;
  member_id: string;
  effect_key: string;
}

/** The awards, except those that a ticket has won. */
export const awardsIn = (gateway: TestGateway): Promise<StoredAward[]> =>
  gateway.sql<StoredAward>(`
    select m.action, d.line, a.role, a.unit, a.quantity::int as quantity, a.state, a.customer_id, a.member_id, a.effect_key
    from reward_awards a join reward_decisions d on d.id = a.decision_id join reward_messages m on m.id = d.message_id
    where a.effect_key not like 'draw/%' order by m.action, d.line, a.role`);

export const given = (awards: readonly StoredAward[]) =>
  awards.map(({ line, role, unit, quantity, state }) => `${line} ${role} ${quantity} ${unit} ${state}`);

/** A purchase of the member with this user id. */
export const purchase = (id: number, amount: number, reference: string, date = "2024-02-08T11:22:06") => ({
  Action: "transactionpromo",
  Data: { id, command: "transactionpromo", trxId: reference, transaction: [{ date, amount }] },
});

const define = `mutation ($input: RewardRuleInput!) {
  createRewardRule(input: $input) { rule { ruleId version } userErrors { code message } }
}`;

/** The sample rule of the action under another name, changed. */
export async function addRule<A extends RuleDefinition["action"]>(
  { operator }: TestGateway,
  ruleId: string,
  action: A,
  changes: Partial<Omit<DefinitionOf<A>, "caps">> & { caps?: Partial<RuleDefinition["caps"]> },
): Promise<void> {
  await operator.ok(define, { input: { ruleId, definition: JSON.stringify(sampleRule(action, changes)) } });
}

export function sampleRule(
  action: RuleDefinition["action"],
  { caps, ...changes }: { caps?: Partial<RuleDefinition["caps"]>; [field: string]: unknown } = {},
): object {
  const sample = sampleProgramme.find(({ definition }) => definition.action === action)?.definition;
  const none = { perEvent: null, memberDay: null, memberTotal: null, budget: null };
  return { ...sample, ...changes, caps: { ...none, ...caps } };
}

export const retire = ({ operator }: TestGateway, ruleId: string) =>
  operator.ok(
    "mutation ($input: RetireRewardRuleInput!) { retireRewardRule(input: $input) { rule { retiredAt } userErrors { code } } }",
    { input: { ruleId } },
  );

export const link = ({ service }: TestGateway, input: Record<string, string>) =>
  service.ok<{ linkMember: { awardsReleased: number } }>(
    "mutation ($input: LinkMemberInput!) { linkMember(input: $input) { awardsReleased userErrors { code message } } }",
    { input },
  );
