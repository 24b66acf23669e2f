import { useMutation } from "@apollo/client/react";
import { useCallback, useEffect, useRef, useState } from "react";
import { failureText } from "../graphql/failure-text.ts";
import { SignInWithTokenDocument } from "../graphql/generated/graphql.ts";
import { refusalText } from "../graphql/refusal-text.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { session } from "../session/session.ts";
import type { SignInLink } from "../session/sign-in-link.ts";
import { useSession } from "../session/use-session.ts";
import { LoadFailure } from "../shell/load-failure.tsx";
import { Page } from "../shell/page.tsx";
import { Button } from "../ui/button.tsx";
import { Tile } from "../ui/tile.tsx";
import ui from "../ui/ui.module.css";
import styles from "./sign-in.module.css";

/**
 * Signs in with a link of the brand's app. A link may come from anyone, and a valid link may belong to another
 * customer, so a signed-in customer must confirm first.
 */
export function LinkSignIn(props: { link: SignInLink; onRefused(text: string): void; onStay(): void }) {
  const { link, onRefused, onStay } = props;
  const i18n = useI18n();
  const { t, time } = i18n;
  const state = useSession();
  const [signIn, { loading }] = useMutation(SignInWithTokenDocument);
  const [failure, setFailure] = useState<string | null>(null);
  const hasStarted = useRef(false);
  const currentCustomerId = state.kind === "signed-in" ? state.customerId : undefined;

  const signInWithLink = useCallback(async () => {
    hasStarted.current = true;
    setFailure(null);
    try {
      const { data } = await signIn({ variables: { token: link.token, customerId: link.customerId } });
      const { session: opened, customer, userErrors = [] } = data?.signInWithToken ?? {};
      if (opened && customer) {
        if (currentCustomerId === undefined) return session.begin(customer.customerId, opened.expiresAt);
        return session.replace(customer.customerId, opened.expiresAt, link.next);
      }
      const [refusal] = userErrors;
      if (refusal?.__typename === "SignInThrottled") onRefused(t("link.throttled", { time: time(refusal.retryAt) }));
      else onRefused(refusal ? refusalText(i18n, refusal) : t("error.unexpected"));
    } catch (error) {
      setFailure(failureText(i18n, error));
    }
  }, [signIn, link, currentCustomerId, onRefused, i18n, t, time]);

  useEffect(() => {
    if (state.kind === "signed-out" && !hasStarted.current) void signInWithLink();
  }, [state, signInWithLink]);

  if (failure !== null) {
    return (
      <Page title={t("link.title")} narrow>
        <LoadFailure text={failure} retry={signInWithLink} />
      </Page>
    );
  }
  if (currentCustomerId === undefined || loading) {
    return (
      <Page title={t("link.title")} narrow>
        <p role="status" className={ui.help}>
          {t("link.working")}
        </p>
      </Page>
    );
  }
  return (
    <Page title={t("link.otherTitle")} narrow>
      <Tile>
        <div className={styles.form}>
          <p>{t("link.otherText", { current: currentCustomerId, next: link.customerId })}</p>
          <Button wide onClick={() => void signInWithLink()}>
            {t("link.switch", { next: link.customerId })}
          </Button>
          <Button variant="plain" onClick={onStay}>
            {t("link.stay", { current: currentCustomerId })}
          </Button>
        </div>
      </Tile>
    </Page>
  );
}
