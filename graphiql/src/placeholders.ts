import { createLocalStorage } from "@graphiql/toolkit";

/** Response fields whose values fill placeholders in other tabs. */
interface ResponseData {
  requestOtp?: { challengeId?: string | null } | null;
  verifyOtp?: SignIn | null;
  signInWithToken?: SignIn | null;
  refreshSession?: SignIn | null;
  signOut?: { userErrors?: unknown[] } | null;
  me?: {
    memberEventsCursor?: string;
    groupWallets?: { id?: string; status?: string | null; balance?: number | null }[] | null;
  } | null;
  rewards?: Rewards | null;
  forGroup?: Rewards | { cart?: unknown } | null;
  forMyself?: Rewards | { cart?: unknown } | null;
  placeOrder?: { order?: Order | null } | null;
  orderStatus?: { order?: Order } | null;
  order?: Order | null;
  addToCart?: { cart?: unknown } | null;
  updateCartLine?: { cart?: unknown } | null;
}
interface Rewards {
  nodes?: { id?: string; redeemability?: { redeemable?: boolean } | null }[];
}
interface SignIn {
  session?: { accessToken?: string } | null;
}
interface Order {
  id?: string;
  lines?: { id?: string; vouchers?: unknown[] }[];
}

const KEY = "idempotencyKey";
const PLACEHOLDER = /"<(\w+)>"/g;
/** Advice for the developer when a placeholder has no value yet. */
const ADVICE = new Map([
  ["challengeId", "run the RequestOtp tab first"],
  ["otp", "put the six digits from the message into the variables; the comment in RequestOtp tells where to read them"],
  ["rewardId", "run the BrowseRewards tab first"],
  ["groupWalletId", "run the WalletAndCart tab first"],
  ["memberEventsCursor", "run the WalletAndCart tab first"],
  ["groupRewardId", "run the BrowseGroupRewards tab first"],
  ["ownRewardId", "run the BrowseGroupRewards tab first"],
  ["orderId", "run the PlaceOrder tab first, with dryRun false"],
  ["orderLineId", "run the PlaceOrder tab first, with dryRun false"],
]);

/** Last value seen for each placeholder, held in memory only. */
const latestValues = new Map<string, string>();
/** Values that replaced placeholders, by tab. Outdated values are replaced, and localStorage never gets them. */
const filledByTab = new Map<string, Map<string, string>>();
/** Idempotency keys generated before the last cart change: the next order needs a new key. */
const usedKeys = new Set<string>();

/** Access tokens of this visit, newest last. An empty token means signed out. */
const tokens = [""];

let listener = (_signedIn: boolean): void => {};
/** Registers the callback that runs when the editors may need new values. */
export function onValuesChanged(callback: (signedIn: boolean) => void): void {
  listener = callback;
}

/** Fills the placeholders in a tab's variables and replaces outdated values. */
export function fillVariables(tabId: string, text: string): string {
  const filledValues = filledByTab.get(tabId) ?? new Map<string, string>();
  filledByTab.set(tabId, filledValues);
  let filled = text;
  for (const [name, value] of filledValues) {
    if (name === KEY ? usedKeys.has(value) : latestValues.get(name) !== value) {
      filled = filled.replaceAll(JSON.stringify(value), `"<${name}>"`);
      filledValues.delete(name);
    }
  }
  return fill(filled, filledValues);
}

function fill(text: string, filledValues?: Map<string, string>): string {
  return text.replace(PLACEHOLDER, (placeholder, name: string) => {
    const value = latestValues.get(name);
    if (value === undefined) return placeholder;
    filledValues?.set(name, value);
    return JSON.stringify(value);
  });
}

/** Puts the newest access token into a tab's headers. A token typed by the developer stays unless `force` is set. */
export function fillHeaders(text: string, force: boolean): string {
  let headers: Record<string, unknown> = {};
  try {
    headers = JSON.parse(text || "{}");
  } catch {
    if (!force) return text;
  }
  const name = Object.keys(headers).find((key) => /^authorization$/i.test(key)) ?? "authorization";
  const current = String(headers[name] ?? "").replace(/^Bearer\s*/i, "");
  const token = tokens.at(-1);
  if (current === token || !(force || tokens.includes(current))) return text;
  return JSON.stringify({ ...headers, [name]: token ? `Bearer ${token}` : "" }, null, 2);
}

/** Returns the variables to send, or the reason why the request cannot be sent. */
export function prepareVariables(variables: unknown): { variables?: Record<string, unknown>; problem?: string } {
  const text = JSON.stringify(variables ?? {});
  if (text.includes(`"<${KEY}>"`)) latestValues.set(KEY, crypto.randomUUID());
  const filled = fill(text);
  listener(false);
  latestValues.delete(KEY);
  for (const [placeholder, name = ""] of filled.matchAll(PLACEHOLDER)) {
    const advice = ADVICE.get(name);
    if (advice) return { problem: `Not sent, because ${placeholder.slice(1, -1)} is not known yet: ${advice}.` };
  }
  return { variables: JSON.parse(filled) };
}

/** Stores the response values that other tabs need. */
export function storeValues(data: ResponseData | null | undefined): void {
  if (!data) return;
  const store = (name: string, value: string | null | undefined) => value && latestValues.set(name, value);
  const redeemable = (rewards: object | null | undefined) => {
    const nodes = (rewards as Rewards | null | undefined)?.nodes;
    return (nodes?.find((reward) => reward.redeemability?.redeemable) ?? nodes?.[0])?.id;
  };
  const groups = data.me?.groupWallets?.filter(({ status }) => status === "ACTIVE");
  const order = data.placeOrder?.order ?? data.orderStatus?.order ?? data.order;
  store("challengeId", data.requestOtp?.challengeId);
  store("rewardId", redeemable(data.rewards));
  store("groupWalletId", groups?.toSorted((a, b) => (b.balance ?? 0) - (a.balance ?? 0))[0]?.id);
  store("memberEventsCursor", data.me?.memberEventsCursor);
  store("groupRewardId", redeemable(data.forGroup));
  store("ownRewardId", redeemable(data.forMyself));
  store("orderId", data.placeOrder?.order?.id);
  store("orderLineId", (order?.lines?.find((line) => line.vouchers?.length) ?? order?.lines?.[0])?.id);

  const isCart = (payload: object | null | undefined) => payload != null && "cart" in payload && Boolean(payload.cart);
  if ([data.addToCart, data.updateCartLine, data.forMyself].some(isCart)) {
    for (const filledValues of filledByTab.values()) usedKeys.add(filledValues.get(KEY) ?? "");
  }
  const token = (data.verifyOtp ?? data.signInWithToken ?? data.refreshSession)?.session?.accessToken;
  if (token) tokens.push(token);
  else if (data.signOut?.userErrors?.length === 0) tokens.push("");
  listener(Boolean(token));
}

/** Returns the text with this visit's values replaced by placeholders, including values inside JSON strings. */
export function withPlaceholders(text: string): string {
  let hidden = text;
  for (const filledValues of filledByTab.values()) {
    for (const [name, filled] of filledValues) {
      hidden = hidden.replaceAll(`"${filled}"`, `"<${name}>"`).replaceAll(`\\"${filled}\\"`, `\\"<${name}>\\"`);
    }
  }
  return hidden;
}

/**
 * GraphiQL's localStorage. Stored text contains no access tokens (GraphiQL's history would store the headers) and has
 * placeholders instead of this visit's values.
 */
export const storage = createLocalStorage({ namespace: "tessera" });
const { setItem } = storage;
storage.setItem = (key, value) => {
  let text = value;
  if (/:(queries|favorites)$/.test(key)) {
    text = JSON.stringify(JSON.parse(text), (name, part: unknown) => (name === "headers" ? undefined : part));
  }
  text = withPlaceholders(text);
  setItem(key, text);
};
