import { rewardActions } from "../../../src/messages/message.ts";
import { dateOfDayNumber, dayNumberOf, type LocalDate } from "../../../src/platform/time-zone.ts";
import type { LineFacts } from "../../../src/rules/facts.ts";
import type { DefinitionOf, Rule, RuleDefinition } from "../../../src/rules/rule.ts";
import { sampleProgramme } from "../../../src/rules/sample-programme.ts";

type Action = RuleDefinition["action"];

/** A line of Tuesday, 10 March 2026, noon in Jakarta, with the fields of the test. */
export function line(action: Action, facts: Partial<LineFacts> = {}): LineFacts {
  return {
    action,
    memberId: "571",
    at: new Date("2026-03-10T05:00:00Z"),
    localDate: "2026-03-10",
    amount: null,
    productId: null,
    reference: null,
    sharerId: null,
    receiverId: null,
    ...(action === "dailycheckin" && { checkInDays: [] }),
    ...facts,
  };
}

/** The given number of days before a date. */
export const daysBefore = (date: LocalDate, count: number): LocalDate[] =>
  Array.from({ length: count }, (_, n) => dateOfDayNumber(dayNumberOf(date) - n - 1));

/** Rules without caps, of which a test changes one field. */
const plain = {
  campaign: "test",
  name: "Test rule",
  window: { from: "2022-01-01T00:00:00Z", until: null },
  audience: { kind: "everybody" },
  caps: { perEvent: null, memberDay: null, memberTotal: null, budget: null },
  stacking: "exclusive",
  priority: 0,
  pendingDays: 0,
  expiryDays: null,
} as const;

const definitions: { [A in Action]: DefinitionOf<A> } = {
  register: { action: "register", ...plain, points: 500 },
  registerreferral: {
    action: "registerreferral",
    ...plain,
    ladder: [
      { from: 1, points: 200 },
      { from: 3, points: 300 },
    ],
    receiverPoints: 100,
  },
  transactionpromo: {
    action: "transactionpromo",
    ...plain,
    minimumAmount: 100,
    tiers: [{ from: 0, rate: { points: 1, perAmount: 100 } }],
    multipliers: [],
  },
  transactionreferral: {
    action: "transactionreferral",
    ...plain,
    products: [
      { productId: "10", points: 50 },
      { productId: "12", points: 75 },
    ],
  },
  dailycheckin: {
    action: "dailycheckin",
    ...plain,
    days: [1, 2, 3, 4, 5, 6, 7],
    streakBonuses: [{ streak: 7, points: 100 }],
  },
  luckydraw: { action: "luckydraw", ...plain, drawId: "test-draw", amountPerTicket: 1000 },
};

/** A rule of the action; `caps` changes only the caps it names. */
export function rule<A extends Action>(
  action: A,
  changes: Partial<Omit<DefinitionOf<A>, "caps" | "action">> & { caps?: Partial<RuleDefinition["caps"]> } = {},
  { id = `${action}-rule`, version = 1 } = {},
): Rule {
  const base: RuleDefinition = definitions[action];
  return {
    id,
    version,
    definition: { ...base, ...changes, caps: { ...base.caps, ...changes.caps } } as RuleDefinition,
  };
}

export const capsOf = (caps: Partial<RuleDefinition["caps"]>) => ({ ...plain.caps, ...caps });
export { rewardActions, sampleProgramme };
