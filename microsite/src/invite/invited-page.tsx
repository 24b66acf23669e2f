import { useMutation, useQuery } from "@apollo/client/react";
import { useEffect, useState } from "react";
import { useParams } from "react-router";
import { failureText } from "../graphql/failure-text.ts";
import {
  AcceptInvitationDocument,
  type AcceptInvitationMutation,
  InvitedByDocument,
} from "../graphql/generated/graphql.ts";
import { refusalText } from "../graphql/refusal-text.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { useSession } from "../session/use-session.ts";
import { brand } from "../shell/brand.ts";
import { Page } from "../shell/page.tsx";
import { Button, ButtonLink } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { Tile } from "../ui/tile.tsx";
import styles from "./invite.module.css";
import { forgetCode, storeCode } from "./stored-code.ts";

type Answer = AcceptInvitationMutation["acceptInvitation"];

/** Shows a friend's invitation. A signed-in member can accept it; until then the browser stores its code. */
export default function InvitedPage() {
  const i18n = useI18n();
  const { t, day } = i18n;
  const { code = "" } = useParams();
  const state = useSession();
  const { data } = useQuery(InvitedByDocument);
  const [accept, { loading }] = useMutation(AcceptInvitationDocument);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const gets = data?.rewardCampaigns.find(({ action }) => action === "REGISTER_REFERRAL")?.friendGets ?? 0;

  useEffect(() => storeCode(code), [code]);

  async function send() {
    setProblem(null);
    try {
      const { data } = await accept({ variables: { code } });
      if (!data) return;
      const given = data.acceptInvitation;
      const [refusal] = given.userErrors;
      if (refusal?.code !== "INVITATION_LIMIT_REACHED") forgetCode(); // the limit is daily, so the code stays valid
      if (refusal) setProblem(refusalText(i18n, refusal));
      else setAnswer(given);
    } catch (failure) {
      setProblem(failureText(i18n, failure));
    }
  }

  const [award] = answer?.awards ?? [];
  return (
    <Page title={t("invited.title")} narrow>
      <Tile className={styles.invited}>
        {problem && <Notice tone="bad">{problem}</Notice>}
        {answer ? (
          <>
            <Notice tone="good">
              {award
                ? t("invited.doneEarned", { count: award.quantity, day: day(award.availableAt) })
                : t("invited.done")}
            </Notice>
            <ButtonLink to="/">{t("invited.goHome")}</ButtonLink>
          </>
        ) : (
          <>
            <p>
              {gets > 0
                ? t("invited.leadEarn", { brand: brand.name, count: gets })
                : t("invited.lead", { brand: brand.name })}
            </p>
            {state.kind === "signed-in" ? (
              <Button busy={loading} onClick={() => void send()}>
                {t("invited.accept")}
              </Button>
            ) : (
              <>
                <p>{t("invited.signIn")}</p>
                <ButtonLink to="/signin" state={{ from: `/invite/${encodeURIComponent(code)}` }}>
                  {t("nav.signIn")}
                </ButtonLink>
              </>
            )}
          </>
        )}
      </Tile>
    </Page>
  );
}
