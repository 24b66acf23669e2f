/** A rule as the gateway stores it: `RewardRule.definition`, as JSON text. The gateway validates it. */
export interface Period {
  from: string;
  until: string | null;
}

export type Audience =
  | { kind: "everybody" }
  | { kind: "members"; memberIds: string[] }
  | { kind: "new-members"; withinDays: number };

export interface Caps {
  perEvent: number | null;
  memberDay: number | null;
  memberTotal: number | null;
  budget: number | null;
}

export interface RuleSettings {
  campaign: string;
  name: string;
  window: Period;
  audience: Audience;
  caps: Caps;
  stacking: "exclusive" | "stackable";
  priority: number;
  pendingDays: number;
  expiryDays: number | null;
}

export interface Multiplier {
  name: string;
  basisPoints: number;
  weekdays?: number[];
  window?: Period;
}

export type Earns =
  | { action: "register"; points: number }
  | { action: "registerreferral"; ladder: { from: number; points: number }[]; receiverPoints: number }
  | {
      action: "transactionpromo";
      minimumAmount: number;
      tiers: { from: number; rate: { points: number; perAmount: number } }[];
      multipliers: Multiplier[];
    }
  | { action: "transactionreferral"; products: { productId: string; points: number }[] }
  | { action: "dailycheckin"; days: number[]; freezes?: number; streakBonuses: { streak: number; points: number }[] }
  | { action: "luckydraw"; drawId: string; amountPerTicket: number };

export type Action = Earns["action"];
export type Definition = RuleSettings & Earns;

export const actionTitles: Record<Action, string> = {
  register: "Joining the programme",
  registerreferral: "Inviting a friend",
  transactionpromo: "A purchase",
  transactionreferral: "A purchase by a friend",
  dailycheckin: "A daily check-in",
  luckydraw: "Tickets for a lucky draw",
};

/** The first values of the builder, by action. */
export const newEarnings: { [A in Action]: Extract<Earns, { action: A }> } = {
  register: { action: "register", points: 100 },
  registerreferral: { action: "registerreferral", ladder: [{ from: 1, points: 100 }], receiverPoints: 0 },
  transactionpromo: {
    action: "transactionpromo",
    minimumAmount: 0,
    tiers: [{ from: 0, rate: { points: 1, perAmount: 100 } }],
    multipliers: [],
  },
  transactionreferral: { action: "transactionreferral", products: [{ productId: "", points: 50 }] },
  dailycheckin: { action: "dailycheckin", days: [5, 5, 10, 10, 15, 15, 30], freezes: 0, streakBonuses: [] },
  luckydraw: { action: "luckydraw", drawId: "", amountPerTicket: 1_000 },
};

/** A new rule, in force from now on. */
export const newDefinition = (now: Date): Definition => ({
  campaign: "",
  name: "",
  window: { from: now.toISOString(), until: null },
  audience: { kind: "everybody" },
  caps: { perEvent: null, memberDay: null, memberTotal: null, budget: null },
  stacking: "exclusive",
  priority: 0,
  pendingDays: 0,
  expiryDays: 365,
  ...newEarnings.register,
});

/** The rule with another action. Its earnings are reset to the action's first values; all else stays. */
export function withEarnings(definition: Definition, earns: Earns): Definition {
  const { campaign, name, window, audience, caps, stacking, priority, pendingDays, expiryDays } = definition;
  return { campaign, name, window, audience, caps, stacking, priority, pendingDays, expiryDays, ...earns };
}

export const definitionOf = ({ definition }: { definition: string }): Definition =>
  JSON.parse(definition) as Definition;
