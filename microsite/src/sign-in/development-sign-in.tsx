import { useEffect, useId, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import type { SignInLink } from "../session/sign-in-link.ts";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { Points } from "../ui/points.tsx";
import { Tile } from "../ui/tile.tsx";
import ui from "../ui/ui.module.css";
import styles from "./development-sign-in.module.css";

interface SampleCustomer {
  customerId: string;
  points: number;
  groups: string[];
}

/** Signs in as a sandbox customer: requests a sign-in link, which the page then handles like any other link. */
export default function DevelopmentSignIn(props: { path: string; next: string; onLink(link: SignInLink): void }) {
  const { path, next, onLink } = props;
  const { t } = useI18n();
  const id = useId();
  const [customers, setCustomers] = useState<SampleCustomer[]>([]);
  const [busy, setBusy] = useState<string>();
  const [problem, setProblem] = useState<string>();

  useEffect(() => {
    request<{ customers: SampleCustomer[] }>(path).then(
      (payload) => setCustomers(payload.customers),
      (error: Error) => setProblem(error.message),
    );
  }, [path]);

  async function signIn(customerId: string) {
    if (busy) return;
    setBusy(customerId);
    setProblem(undefined);
    try {
      const { token } = await request<{ token: string }>(path, { customerId });
      onLink({ token, customerId, next });
    } catch (error) {
      setProblem((error as Error).message);
      setBusy(undefined);
    }
  }

  return (
    <Tile aria-labelledby={id}>
      <h2 id={id}>{t("signIn.samples")}</h2>
      <p className={ui.help}>{t("signIn.samplesHelp")}</p>
      {problem && <Notice tone="bad">{problem}</Notice>}
      <ul className={styles.customers}>
        {customers.map(({ customerId, points, groups }) => (
          <li key={customerId}>
            <Button variant="quiet" busy={busy === customerId} onClick={() => void signIn(customerId)}>
              {t("signIn.sample", { customer: customerId })}
            </Button>
            <div className={ui.help}>
              <Points value={points} />
              {groups.length > 0 && <div>{groups.join(", ")}</div>}
            </div>
          </li>
        ))}
      </ul>
    </Tile>
  );
}

/** @throws Error with the gateway's error message */
async function request<Payload>(path: string, body?: object): Promise<Payload> {
  const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(path, body && post);
  const payload = await response.json();
  if (!response.ok) throw new Error(payload.error);
  return payload;
}
