import type { Found } from "./fields.ts";
import { fold } from "./fold.ts";
import { textOf } from "./json-tree.ts";
import type { RewardAction } from "./message.ts";
import type { Notes } from "./notes.ts";

/** Words in the place of an action that name none. */
const NEUTRAL = new Set(["", "process", "processor", "task", "reward", "loyalty", "transaction", "data"]);

/** The actions, by their names and by their titles in the producer's documents, without spaces and signs. */
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

/** Longer than the name of any action. */
const LONGEST = 64;

/** The producer's documents contain this misspelling. */
const PRODUCERS_REFERRAL = "refferal";
// reward:register, process-luckydraw, registertask …
const WRAPPING = /^(?:process|processor|task|reward|loyalty)+|(?:process|processor|task)+$/g;

/**
 * Reads the action from all its possible places. Neutral places are ignored. Two different actions, or an unknown one,
 * are a problem.
 */
export function readAction(places: readonly (Found | undefined)[], notes: Notes): RewardAction | null {
  const named: RewardAction[] = [];
  for (const place of places) {
    if (!place) continue;
    const written = textOf(place.value)?.trim() ?? "?";
    const word = fold(written.slice(0, LONGEST)).replace(/[^a-z0-9?]/g, "");
    if (NEUTRAL.has(word)) continue;
    const action = actionOf(word);
    if (!action) return notes.problem(place.path, "ACTION_UNKNOWN", "is not a known action");
    if (written !== action) notes.normalised(place.path, written, action, "action-alias");
    named.push(action);
  }
  const [action, ...others] = new Set(named);
  if (!action) return notes.problem("Data.command", "ACTION_MISSING", "the message names no action");
  if (others.length > 0) return notes.problem("Data.command", "ACTION_CONFLICT", "different actions are named");
  return action;
}

function actionOf(word: string): RewardAction | undefined {
  const normalised = word.replace(PRODUCERS_REFERRAL, "referral");
  const bare = normalised.replace(WRAPPING, "");
  return find(normalised) ?? find(bare);
}
const find = (word: string) => (Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined);
