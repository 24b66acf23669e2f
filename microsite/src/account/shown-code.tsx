import JsBarcode from "jsbarcode";
import { useMemo } from "react";
import type { RevealVoucherMutation } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { QrCode } from "../ui/qr-code.tsx";
import styles from "./account.module.css";

type Revealed = RevealVoucherMutation["revealVoucher"]["vouchers"][number];

/** Shows a voucher code as text, barcode and QR code, with buttons to print and share it. */
export function ShownCode({ voucher, name }: { voucher: Revealed; name: string }) {
  const { t } = useI18n();
  const { code, pin, howToUse, redemptionUrl } = voucher;
  const canShare = "share" in navigator;
  return (
    <div className={styles.code}>
      <p>
        <code>{code}</code>
      </p>
      {pin && (
        <p>
          {t("voucher.pin")} <code>{pin}</code>
        </p>
      )}
      <div className={styles.scans}>
        <Barcode code={code} />
        <QrCode text={code} label={t("vouchers.qr")} className={styles.qr} />
      </div>
      {howToUse && <p className={styles.soft}>{howToUse}</p>}
      {redemptionUrl && (
        <a href={redemptionUrl} target="_blank" rel="noreferrer">
          {t("voucher.use")}
        </a>
      )}
      <div className={styles.actions}>
        <Button variant="plain" onClick={() => print()}>
          {t("vouchers.print")}
        </Button>
        {canShare && (
          <Button variant="plain" onClick={() => void navigator.share({ title: name, text: code }).catch(() => {})}>
            {t("vouchers.share")}
          </Button>
        )}
      </div>
    </div>
  );
}

/** Renders a Code 128 barcode. Code 128 covers ASCII only; for any other character the component renders nothing. */
function Barcode({ code }: { code: string }) {
  const { t } = useI18n();
  const bars = useMemo(() => {
    const made: { encodings?: { data: string }[] } = {};
    try {
      JsBarcode(made, code, { format: "CODE128" });
    } catch {
      return null;
    }
    return made.encodings?.map(({ data }) => data).join("") ?? null;
  }, [code]);
  if (!bars) return null;
  return (
    <svg
      className={styles.barcode}
      viewBox={`-10 0 ${bars.length + 20} 40`}
      preserveAspectRatio="none"
      role="img"
      aria-label={t("vouchers.barcode")}
    >
      <rect x="-10" width={bars.length + 20} height="40" fill="#fff" />
      <path
        d={runs(bars)
          .map(({ from, length }) => `M${from} 2h${length}v36h-${length}z`)
          .join("")}
        fill="#000"
      />
    </svg>
  );
}

/** Returns the runs of consecutive 1 bits. */
function runs(bits: string): { from: number; length: number }[] {
  return [...bits.matchAll(/1+/g)].map((match) => ({ from: match.index, length: match[0].length }));
}
