import { CombinedGraphQLErrors } from "@apollo/client/errors";
import type { I18n } from "../i18n/i18n.tsx";

/** The seconds after which a request that was refused because there were too many may be sent again; null for every other error. */
export function secondsToWait(error: unknown): number | null {
  if (!CombinedGraphQLErrors.is(error)) return null;
  const refusal = error.errors.find(({ extensions }) => extensions?.["code"] === "RATE_LIMITED");
  if (!refusal) return null;
  const seconds = Number(refusal.extensions?.["retryAfter"]);
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : 1;
}

/** The words, in the reader's language, for a request that has no answer. */
export function failureText({ t }: I18n, error: unknown): string {
  const seconds = secondsToWait(error);
  return seconds === null ? t("error.network") : t("error.busy", { seconds });
}
