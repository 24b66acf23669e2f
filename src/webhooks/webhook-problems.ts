import { isIP } from "node:net";
import type { WebhookEventType } from "../domain/generated/words.ts";
import { type Refusal, refusal } from "../domain/refusal.ts";

export interface WebhookChange {
  name: string;
  url?: string | undefined;
  eventTypes?: readonly WebhookEventType[] | undefined;
  stockLowAt?: number | undefined;
}

const NAME = /^[a-z0-9][a-z0-9._-]{1,63}$/;
const MAX_URL = 2_000;
const MAX_STOCK = 1_000_000;

/** The reasons why a webhook is invalid, by field. */
export function webhookProblems(change: WebhookChange, { mayBePrivate }: { mayBePrivate: boolean }): Refusal[] {
  const problems: Refusal[] = [];
  const wrong = (field: string, message: string) =>
    problems.push(refusal("INVALID_INPUT", `${field}: ${message}`, ["input", field]));
  const { name, url, eventTypes, stockLowAt } = change;
  if (!NAME.test(name)) {
    wrong("name", "must be 2 to 64 small letters, digits, or . _ - and begin with a letter or a digit");
  }
  const problem = url === undefined ? null : urlProblem(url, mayBePrivate);
  if (problem !== null) wrong("url", problem);
  if (eventTypes?.length === 0) wrong("eventTypes", "must name at least one type");
  if (stockLowAt !== undefined && (stockLowAt < 0 || stockLowAt > MAX_STOCK)) {
    wrong("stockLowAt", `must be 0 to ${MAX_STOCK}`);
  }
  return problems;
}

/**
 * The reason why events cannot be sent to this URL; null if they can. Whether its host is public is checked at each
 * connection.
 */
export function urlProblem(text: string, mayBePrivate: boolean): string | null {
  if (text.length > MAX_URL) return `is longer than ${MAX_URL} characters`;
  const url = URL.parse(text);
  if (!url || !["http:", "https:"].includes(url.protocol)) return "must be an https address";
  if (url.username !== "" || url.password !== "") return "must not hold a user or a password; requests are signed";
  if (url.hash !== "") return "must not have a fragment";
  if (mayBePrivate) return null;
  if (url.protocol !== "https:") return "must be an https address";
  // An IP address in the URL is connected to without a lookup, so the lookup's check would not see it.
  if (isIP(url.hostname.replace(/^\[|\]$/g, "")) !== 0) return "must name a host, not a number";
  return null;
}
