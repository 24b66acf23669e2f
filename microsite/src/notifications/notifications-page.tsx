import { useMutation, useQuery } from "@apollo/client/react";
import { useEffect, useState } from "react";
import account from "../account/account.module.css";
import { failureText } from "../graphql/failure-text.ts";
import {
  AddPushSubscriptionDocument,
  NotificationsDocument,
  type RefusalFragment,
  RemovePushSubscriptionDocument,
} from "../graphql/generated/graphql.ts";
import { refusalText } from "../graphql/refusal-text.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { LoadFailure } from "../shell/load-failure.tsx";
import { Page } from "../shell/page.tsx";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Tile } from "../ui/tile.tsx";
import styles from "./notifications.module.css";
import { currentSubscription, isSupported, subscribe } from "./push.ts";

/** Turns notifications on and off in this browser, and off in the member's other browsers. */
export default function NotificationsPage() {
  const { t } = useI18n();
  const { data, loading, error, refetch } = useQuery(NotificationsDocument, { fetchPolicy: "cache-and-network" });
  const others = data?.me?.pushSubscriptions.filter(({ current }) => !current) ?? [];
  return (
    <Page title={t("notifications.title")} lead={t("notifications.lead")} narrow>
      {!data && !loading ? (
        <LoadFailure error={error} retry={refetch} />
      ) : !data ? (
        <Skeleton height="8rem" />
      ) : (
        <Tile className={styles.setting}>
          {!isSupported() ? (
            <p>{t("notifications.unsupported")}</p>
          ) : data.pushSettings ? (
            <ThisBrowser
              publicKey={data.pushSettings.publicKey}
              id={data.me?.pushSubscriptions.find(({ current }) => current)?.id}
            />
          ) : (
            <p>{t("notifications.unavailable")}</p>
          )}
        </Tile>
      )}
      {others.length > 0 && (
        <section className={styles.others}>
          <h2>{t("notifications.others")}</h2>
          <ul className={account.rows}>
            {others.map(({ id, device }) => (
              <OtherBrowser key={id} id={id} name={device ?? t("notifications.unknownDevice")} />
            ))}
          </ul>
        </section>
      )}
    </Page>
  );
}

/** @param id the gateway's subscription for this session, if it has one */
function ThisBrowser({ publicKey, id }: { publicKey: string; id: string | undefined }) {
  const i18n = useI18n();
  const { t, language } = i18n;
  const [permission, setPermission] = useState(Notification.permission);
  const [hasOwn, setHasOwn] = useState<boolean>();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [add] = useMutation(AddPushSubscriptionDocument);
  const [remove] = useMutation(RemovePushSubscriptionDocument);

  useEffect(() => {
    currentSubscription().then(
      (own) => setHasOwn(own !== null),
      () => setHasOwn(false),
    );
  }, []);

  const refused = (refusals: readonly RefusalFragment[] | undefined) =>
    setProblem(refusals?.[0] ? refusalText(i18n, refusals[0]) : "");

  async function turnOn() {
    const answer = await Notification.requestPermission();
    setPermission(answer);
    if (answer !== "granted") return;
    const own = await subscribe(publicKey).catch(() => null);
    if (!own) return setProblem(t("notifications.failed"));
    setHasOwn(true);
    const { data } = await add({ variables: { input: { ...own, language } } });
    refused(data?.addPushSubscription.userErrors);
  }
  async function turnOff() {
    if (id === undefined) return;
    const { data } = await remove({ variables: { id } });
    refused(data?.removePushSubscription.userErrors);
    const own = await currentSubscription();
    await own?.unsubscribe();
    setHasOwn(false);
  }
  async function change(action: () => Promise<void>) {
    setBusy(true);
    setProblem("");
    await action().catch((error: unknown) => setProblem(failureText(i18n, error)));
    setBusy(false);
  }

  if (permission === "denied") return <Notice title={t("notifications.blocked")}>{t("notifications.unblock")}</Notice>;
  if (hasOwn === undefined) return <Skeleton height="4rem" />;
  const isOn = permission === "granted" && hasOwn && id !== undefined;
  return (
    <>
      <p role="status">{t(isOn ? "notifications.on" : "notifications.off")}</p>
      <div className={account.actions}>
        <Button variant={isOn ? "quiet" : "main"} busy={isBusy} onClick={() => void change(isOn ? turnOff : turnOn)}>
          {t(isOn ? "notifications.turnOff" : "notifications.turnOn")}
        </Button>
      </div>
      {problem && <Notice tone="bad">{problem}</Notice>}
    </>
  );
}

function OtherBrowser({ id, name }: { id: string; name: string }) {
  const i18n = useI18n();
  const [remove, { loading, error }] = useMutation(RemovePushSubscriptionDocument, { variables: { id } });
  return (
    <li className={styles.other}>
      <span>{name}</span>
      <Button
        variant="quiet"
        busy={loading}
        aria-label={i18n.t("notifications.turnOffOn", { device: name })}
        onClick={() => void remove().catch(() => {})}
      >
        {i18n.t("notifications.turnOff")}
      </Button>
      {error && <Notice tone="bad">{failureText(i18n, error)}</Notice>}
    </li>
  );
}
