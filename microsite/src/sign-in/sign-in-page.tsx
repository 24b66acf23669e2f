import { useQuery } from "@apollo/client/react";
import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { Navigate, useLocation } from "react-router";
import { SignInMosaicDocument } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { clearSignInLink, pendingSignInLink } from "../session/sign-in-link.ts";
import { useSession } from "../session/use-session.ts";
import { brand } from "../shell/brand.ts";
import { Page } from "../shell/page.tsx";
import { Notice } from "../ui/notice.tsx";
import { Tile } from "../ui/tile.tsx";
import { CodeForm } from "./code-form.tsx";
import { CustomerForm } from "./customer-form.tsx";
import { LinkSignIn } from "./link-sign-in.tsx";
import styles from "./sign-in.module.css";

/** The gateway sends this path in development only, see `src/auth/development-sign-in.ts`. */
const developmentPath = document.querySelector<HTMLMetaElement>('meta[name="development-sign-in"]')?.content;
const DevelopmentSignIn = lazy(() => import("./development-sign-in.tsx"));

/** A one-time password that was sent, and its recipient. */
export interface Challenge {
  customerId: string;
  challengeId: string;
  resendAfter: string | null;
}

export default function SignInPage() {
  const { t } = useI18n();
  const state = useSession();
  const { from } = (useLocation().state ?? {}) as { from?: string };
  const [challenge, setChallenge] = useState<Challenge | null>(null);
  const [link, setLink] = useState(pendingSignInLink);
  const [customerId, setCustomerId] = useState(link?.customerId ?? "");
  const [refusalMessage, setRefusalMessage] = useState<string>();
  const dropLink = useCallback((text?: string) => {
    setLink(null);
    setRefusalMessage(text);
  }, []);
  useEffect(clearSignInLink, []); // from here on this page handles the link

  if (state.kind === "signed-in" && (!link || link.customerId === state.customerId)) {
    return <Navigate to={link?.next ?? from ?? "/"} replace />;
  }
  if (link) return <LinkSignIn link={link} onRefused={dropLink} onStay={dropLink} />;
  const reason = state.kind === "signed-out" ? state.reason : "never";
  return (
    <div className={styles.both}>
      <Page title={challenge ? t("signIn.codeTitle") : t("signIn.title", { brand: brand.name })} narrow>
        <div className={styles.column}>
          {refusalMessage && !challenge && <Notice tone="bad">{refusalMessage}</Notice>}
          {reason !== "never" && !challenge && <Notice tone="calm">{t(`signIn.${reason}`)}</Notice>}
          <Tile>
            {challenge ? (
              <CodeForm challenge={challenge} onSent={setChallenge} onBack={() => setChallenge(null)} />
            ) : (
              <CustomerForm
                customerId={customerId}
                onChange={setCustomerId}
                onSent={(sent) => {
                  setCustomerId(sent.customerId);
                  setChallenge(sent);
                }}
              />
            )}
          </Tile>
          {developmentPath && !challenge && (
            <Suspense>
              <DevelopmentSignIn path={developmentPath} next={from ?? "/"} onLink={setLink} />
            </Suspense>
          )}
        </div>
      </Page>
      <Mosaic />
    </div>
  );
}

/** Decorative picture of the rewards; hidden from screen readers. */
function Mosaic() {
  const { data } = useQuery(SignInMosaicDocument);
  const pictures = data?.rewards.nodes ?? [];
  return (
    <div className={styles.mosaic} aria-hidden="true">
      {Array.from({ length: 12 }, (_, index) => {
        const picture = pictures[index];
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: the index is the tile's position in the mosaic.
          <span key={index}>
            {picture && <img src={picture.imageUrl} alt="" width={800} height={600} decoding="async" />}
          </span>
        );
      })}
    </div>
  );
}
