import { useMutation } from "@apollo/client/react";
import { lazy, useState } from "react";
import { failureText } from "../graphql/failure-text.ts";
import {
  CancelOrderDocument,
  type CancelOrderMutation,
  type OrderDetailFragment,
  type OrderLinePartsFragment,
} from "../graphql/generated/graphql.ts";
import { refusalText } from "../graphql/refusal-text.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { ErrorBoundary } from "../shell/error-boundary.tsx";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { Points } from "../ui/points.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import styles from "./orders.module.css";

const Dialog = lazy(async () => ({ default: (await import("../ui/dialog.tsx")).Dialog }));
const DialogActions = lazy(async () => ({ default: (await import("../ui/dialog.tsx")).DialogActions }));

type Preview = NonNullable<CancelOrderMutation["cancelOrder"]["preview"]>;

/** Returns the idempotency key for an order or a line, unique in each tab, so a repeated request cancels once. */
function idempotencyKeyFor(id: string): string {
  const name = `tessera.cancel.${id}`;
  const key = sessionStorage.getItem(name) ?? crypto.randomUUID();
  sessionStorage.setItem(name, key);
  return key;
}

/**
 * Cancels an order or a line. The dialog first shows the points to be returned.
 *
 * @param line the line to cancel; without it, all lines that can be cancelled
 */
export function CancelOrder({ order, line }: { order: OrderDetailFragment; line?: OrderLinePartsFragment }) {
  const i18n = useI18n();
  const { t } = i18n;
  const [isOpen, setOpen] = useState(false);
  const [preview, setPreview] = useState<Preview | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [cancel, { loading }] = useMutation(CancelOrderDocument);

  async function send(dryRun: boolean) {
    setProblem(null);
    try {
      const lineIds = line && [line.id];
      const input = {
        orderId: order.id,
        ...(lineIds && { lineIds }),
        idempotencyKey: idempotencyKeyFor((line ?? order).id),
        dryRun,
      };
      const { data } = await cancel({ variables: { input } });
      const { preview: found, userErrors = [] } = data?.cancelOrder ?? {};
      const [refusal] = userErrors;
      if (refusal) setProblem(refusalText(i18n, refusal));
      else if (dryRun) setPreview(found ?? null);
      else setOpen(false);
    } catch (error) {
      setProblem(failureText(i18n, error));
    }
  }

  return (
    <>
      <Button
        variant="quiet"
        onClick={() => {
          setPreview(null);
          setOpen(true);
          void send(true);
        }}
      >
        {t(line ? "cancel.openLine" : "cancel.open")}
      </Button>
      {isOpen && (
        <ErrorBoundary>
          <Dialog
            title={line ? t("cancel.titleLine", { name: line.name }) : t("cancel.title")}
            isOpen
            onClose={() => setOpen(false)}
          >
            {preview ? (
              <>
                <p>{t(line ? "cancel.returnsLine" : "cancel.returns")}</p>
                <ul className={styles.returns}>
                  {preview.returns.map(({ payWith, groupWallet, points, mayBeRefused }) => (
                    <li key={groupWallet?.id ?? payWith}>
                      <span>
                        {payWith === "INDIVIDUAL" ? t("wallet.own") : (groupWallet?.name ?? t("wallet.group"))}
                      </span>
                      <Points value={points} />
                      {mayBeRefused && <small>{t("cancel.mayBeRefused")}</small>}
                    </li>
                  ))}
                </ul>
                {preview.returns.length === 0 && <p className={styles.soft}>{t("cancel.nothing")}</p>}
              </>
            ) : (
              !problem && <Skeleton height="5rem" />
            )}
            {problem && <Notice tone="bad">{problem}</Notice>}
            <DialogActions>
              <Button
                variant="danger"
                busy={loading && preview !== null}
                disabled={!preview}
                onClick={() => void send(false)}
              >
                {t("cancel.do")}
              </Button>
              <Button variant="quiet" onClick={() => setOpen(false)}>
                {t(line ? "cancel.keepLine" : "cancel.keep")}
              </Button>
            </DialogActions>
          </Dialog>
        </ErrorBoundary>
      )}
    </>
  );
}
