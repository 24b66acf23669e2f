import type { Found } from "./fields.ts";
import { fold } from "./fold.ts";
import { textOf } from "./json-tree.ts";
import type { RewardAction } from "./message.ts";
import type { Notes } from "./notes.ts";

/** Words that stand where an action may stand and name none. */
const NEUTRAL = new Set(["", "process", "processor", "task", "reward", "loyalty", "transaction", "data"]);

const ALIASES: Readonly<Record<string, RewardAction>> = {
  register: "register",
  registerpromo: "register",
  registration: "register",
  registrationpromo: "register",
  registerreferral: "registerreferral",
  registrationreferral: "registerreferral",
  referralregister: "registerreferral",
  referralregistration: "registerreferral",
  transactionpromo: "transactionpromo",
  trxpromo: "transactionpromo",
  promotransaction: "transactionpromo",
  transactionreferral: "transactionreferral",
  trxreferral: "transactionreferral",
  referraltransaction: "transactionreferral",
  dailycheckin: "dailycheckin",
  dailycheck: "dailycheckin",
  checkin: "dailycheckin",
  checkindaily: "dailycheckin",
  luckydraw: "luckydraw",
  transactionluckydraw: "luckydraw",
  trxluckydraw: "luckydraw",
};

/** Longer than any name of an action. */
const LONGEST = 64;

// referal, refferal, refferral, referrral …
const MISSPELT_REFERRAL = /ref+er+al+/g;
// reward:register, process-luckydraw, registertask …
const WRAPPING = /^(?:process|processor|task|reward|loyalty)+|(?:process|processor|task)+$/g;

/**
 * The action, from the places in which one may be named. Places that say nothing are passed over; places that name two
 * different ones, or one that nobody knows, are a problem.
 */
export function readAction(places: readonly (Found | undefined)[], notes: Notes): RewardAction | null {
  const named: RewardAction[] = [];
  for (const place of places) {
    if (!place) continue;
    const written = textOf(place.value)?.trim() ?? "?";
    const word = fold(written.slice(0, LONGEST)).replace(/[^a-z0-9?]/g, "");
    if (NEUTRAL.has(word)) continue;
    const action = actionOf(word);
    if (!action) return notes.problem(place.path, "ACTION_UNKNOWN", "names no action there is");
    if (written !== action) notes.normalised(place.path, written, action, "action-alias");
    named.push(action);
  }
  const [action, ...others] = new Set(named);
  if (!action) return notes.problem("Data.command", "ACTION_MISSING", "nothing names an action");
  if (others.length > 0) return notes.problem("Data.command", "ACTION_CONFLICT", "different actions are named");
  return action;
}

function actionOf(word: string): RewardAction | undefined {
  const spelt = word.replace(MISSPELT_REFERRAL, "referral");
  const bare = spelt.replace(WRAPPING, "");
  return find(spelt) ?? find(bare);
}
const find = (word: string) => (Object.hasOwn(ALIASES, word) ? ALIASES[word] : undefined);
