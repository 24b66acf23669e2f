import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { failureText } from "../graphql/failure-text.ts";
import {
  type OrderLinePartsFragment,
  RevealVoucherDocument,
  type RevealVoucherMutation,
} from "../graphql/generated/graphql.ts";
import { refusalText } from "../graphql/refusal-text.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Notice } from "../ui/notice.tsx";
import styles from "./orders.module.css";

type Revealed = RevealVoucherMutation["revealVoucher"]["vouchers"];

/** Shows the line's voucher codes on request. The codes are held only in this component's state. */
export function Vouchers({ line }: { line: OrderLinePartsFragment }) {
  const i18n = useI18n();
  const { t, day } = i18n;
  const [reveal, { loading }] = useMutation(RevealVoucherDocument, { fetchPolicy: "no-cache" });
  const [revealed, setRevealed] = useState<Revealed | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  async function show() {
    setProblem(null);
    try {
      const { data } = await reveal({ variables: { orderLineId: line.id } });
      const { vouchers = [], userErrors = [] } = data?.revealVoucher ?? {};
      const [refusal] = userErrors;
      if (refusal) setProblem(refusalText(i18n, refusal));
      else setRevealed(vouchers);
    } catch (error) {
      setProblem(failureText(i18n, error));
    }
  }

  return (
    <div className={styles.vouchers}>
      {revealed ? (
        revealed.map((voucher) => <Code key={voucher.id} voucher={voucher} name={line.name} />)
      ) : (
        <>
          {line.vouchers.map(({ id, maskedCode, validUntil }) => (
            <p key={id} className={styles.masked}>
              <code dir="ltr">{maskedCode}</code>
              {validUntil && <span className={styles.soft}>{t("voucher.until", { day: day(validUntil) })}</span>}
            </p>
          ))}
          <Button variant="quiet" busy={loading} onClick={() => void show()}>
            {t("voucher.show", { count: line.vouchers.length })}
          </Button>
        </>
      )}
      {problem && <Notice tone="bad">{problem}</Notice>}
    </div>
  );
}

function Code({ voucher, name }: { voucher: Revealed[number]; name: string }) {
  const { t, day } = useI18n();
  const [isCopied, setCopied] = useState(false);
  const { code, pin, validUntil, howToUse, redemptionUrl } = voucher;

  async function copy() {
    try {
      await navigator.clipboard.writeText(code);
      setCopied(true);
      setTimeout(() => setCopied(false), 3_000);
    } catch {
      // Clipboard access is blocked; the code can still be selected.
    }
  }

  return (
    <div className={styles.voucher}>
      <div className={styles.code}>
        <code>{code}</code>
        <Button variant="plain" onClick={() => void copy()} aria-label={t("voucher.copyName", { name })}>
          <Icon name={isCopied ? "check" : "copy"} size={18} /> {t(isCopied ? "voucher.copied" : "voucher.copy")}
        </Button>
        <span className="sr-only" role="status">
          {isCopied && t("voucher.copied")}
        </span>
      </div>
      {pin && (
        <p>
          {t("voucher.pin")} <code>{pin}</code>
        </p>
      )}
      {validUntil && <p className={styles.soft}>{t("voucher.until", { day: day(validUntil) })}</p>}
      {howToUse && <p className={styles.soft}>{howToUse}</p>}
      {redemptionUrl && (
        <a href={redemptionUrl} target="_blank" rel="noreferrer">
          {t("voucher.use")}
        </a>
      )}
    </div>
  );
}
