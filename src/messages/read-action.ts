import type { Found } from "./fields.ts";
import { fold } from "./fold.ts";
import { textOf } from "./json-tree.ts";
import type { RewardAction } from "./message.ts";
import type { Notes } from "./notes.ts";

/** Words that stand where an action may stand and name none. */
const NEUTRAL = new Set(["", "process", "processor", "task", "reward", "loyalty", "transaction", "data"]);

/** The actions, and their titles in the producer's documents, without spaces and signs. */
const ACTIONS: Readonly<Record<string, RewardAction>> = {
  register: "register",
  registerpromo: "register",
  registerreferral: "registerreferral",
  transactionpromo: "transactionpromo",
  transactionreferral: "transactionreferral",
  dailycheckin: "dailycheckin",
  luckydraw: "luckydraw",
  transactionluckydraw: "luckydraw",
};

/** Longer than any name of an action. */
const LONGEST = 64;

/** The producer's documents write it so as well. */
const PRODUCERS_REFERRAL = "refferal";
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
  const spelt = word.replace(PRODUCERS_REFERRAL, "referral");
  const bare = spelt.replace(WRAPPING, "");
  return find(spelt) ?? find(bare);
}
const find = (word: string) => (Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined);
