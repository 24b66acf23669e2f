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

type Acceptance = AcceptInvitationMutation["acceptInvitation"];

/** Shows a friend's invitation. A signed-in member can accept it; until then the browser stores its code. */
export default function InvitedPage() {
  const i18n = useI18n();
  const { t, day } = i18n;
  const { code = "" } = useParams();
  const state = useSession();
  const { data } = useQuery(InvitedByDocument);
  const [accept, { loading }] = useMutation(AcceptInvitationDocument);
  const [acceptance, setAcceptance] = useState<Acceptance | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const friendPoints = data?.rewardCampaigns.find(({ action }) => action === "REGISTER_REFERRAL")?.friendGets ?? 0;

  useEffect(() => storeCode(code), [code]);

  async function acceptInvitation() {
    setProblem(null);
    try {
      const { data } = await accept({ variables: { code } });
      if (!data) return;
      const payload = data.acceptInvitation;
      const [refusal] = payload.userErrors;
      if (refusal?.code !== "INVITATION_LIMIT_REACHED") forgetCode(); // the limit is daily, so the code stays valid
      if (refusal) setProblem(refusalText(i18n, refusal));
      else setAcceptance(payload);
    } catch (failure) {
      setProblem(failureText(i18n, failure));
    }
  }

  const [award] = acceptance?.awards ?? [];
  return (
    <Page title={t("invited.title")} narrow>
      <Tile className={styles.invited}>
        {problem && <Notice tone="bad">{problem}</Notice>}
        {acceptance ? (
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
              {friendPoints > 0
                ? t("invited.leadEarn", { brand: brand.name, count: friendPoints })
                : t("invited.lead", { brand: brand.name })}
            </p>
            {state.kind === "signed-in" ? (
              <Button busy={loading} onClick={() => void acceptInvitation()}>
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
