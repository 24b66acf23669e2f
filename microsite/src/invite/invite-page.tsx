import { useQuery } from "@apollo/client/react";
import { useRef, useState } from "react";
import account from "../account/account.module.css";
import { Invitations } from "../activity/invitations.tsx";
import { InvitationDocument, type InvitationPartsFragment } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { brand } from "../shell/brand.ts";
import { LoadFailure } from "../shell/load-failure.tsx";
import { Page } from "../shell/page.tsx";
import { Button } from "../ui/button.tsx";
import { QrCode } from "../ui/qr-code.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Tile } from "../ui/tile.tsx";
import styles from "./invite.module.css";

/** Shows the member's invitation link, buttons to share it, and the points that it earns. */
export default function InvitePage() {
  const { t } = useI18n();
  const { data, loading, error, refetch } = useQuery(InvitationDocument, { fetchPolicy: "cache-and-network" });
  const invitation = data?.me?.invitation;
  return (
    <Page title={t("invite.title")} lead={t("invite.lead")} narrow>
      {!data && !loading ? (
        <LoadFailure error={error} retry={refetch} />
      ) : !data ? (
        <Skeleton height="16rem" />
      ) : invitation ? (
        <Share invitation={invitation} />
      ) : (
        <Tile>
          <p>{t("invite.closed")}</p>
        </Tile>
      )}
      {data && <Invitations campaigns={data.rewardCampaigns} totals={data.me?.rewardTotals} />}
    </Page>
  );
}

function Share({ invitation }: { invitation: InvitationPartsFragment }) {
  const { t } = useI18n();
  const { code, acceptedCount } = invitation;
  const link = invitation.link ?? `${location.origin}/invite/${code}`;
  const field = useRef<HTMLInputElement>(null);
  const [isCopied, setCopied] = useState(false);
  const canShare = "share" in navigator;

  async function copy() {
    field.current?.select(); // selected for copying by hand if the clipboard is blocked
    await navigator.clipboard?.writeText(link).then(
      () => setCopied(true),
      () => {},
    );
  }

  return (
    <Tile className={styles.share}>
      <div className={styles.words}>
        <p>
          {t("invite.code")} <code className={styles.code}>{code}</code>
        </p>
        <label className={styles.link}>
          {t("invite.link")}
          <input ref={field} readOnly dir="ltr" value={link} onFocus={(event) => event.target.select()} />
        </label>
        <div className={account.actions}>
          {canShare && (
            <Button
              onClick={() =>
                void navigator
                  .share({ title: brand.name, text: t("invite.text", { brand: brand.name, code }), url: link })
                  .catch(() => {})
              }
            >
              {t("invite.share")}
            </Button>
          )}
          <Button variant={canShare ? "quiet" : "main"} onClick={() => void copy()}>
            {t("invite.copy")}
          </Button>
          <span role="status">{isCopied && t("invite.copied")}</span>
        </div>
        <p className={account.soft}>{t("invite.accepted", { count: acceptedCount })}</p>
      </div>
      <QrCode text={link} label={t("invite.qr")} className={account.qr} />
    </Tile>
  );
}
