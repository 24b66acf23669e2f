import { CombinedGraphQLErrors } from "@apollo/client/errors";
import type { I18n } from "../i18n/i18n.tsx";

/** Returns the seconds until a rate-limited request may be retried; null for any other error. */
export function secondsToWait(error: unknown): number | null {
  if (!CombinedGraphQLErrors.is(error)) return null;
  const refusal = error.errors.find(({ extensions }) => extensions?.["code"] === "RATE_LIMITED");
  if (!refusal) return null;
  const seconds = Number(refusal.extensions?.["retryAfter"]);
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : 1;
}

/** Returns the localised message for a request without a response. */
export function failureText({ t }: I18n, error: unknown): string {
  const seconds = secondsToWait(error);
  return seconds === null ? t("error.network") : t("error.busy", { seconds });
}
