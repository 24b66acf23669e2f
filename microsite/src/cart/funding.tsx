import type { FundingPartsFragment } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Points } from "../ui/points.tsx";
import styles from "./cart.module.css";

/** Shows each wallet's share of the total and its remaining balance. */
export function Funding({ funding, total }: { funding: readonly FundingPartsFragment[]; total: number }) {
  const { t } = useI18n();
  return (
    <dl className={styles.funding}>
      {funding.map(({ payWith, groupWallet, points, available, remaining, shortBy }) => (
        <div key={groupWallet?.id ?? payWith}>
          <dt>{payWith === "INDIVIDUAL" ? t("wallet.own") : (groupWallet?.name ?? t("wallet.group"))}</dt>
          <dd>
            <Points value={points} />
          </dd>
          <dd className={styles.after} data-short={shortBy !== null || undefined}>
            {shortBy !== null
              ? t("cart.short", { count: shortBy })
              : remaining !== null
                ? t("cart.remaining", { count: remaining, before: available })
                : t("cart.walletUnread")}
          </dd>
        </div>
      ))}
      {funding.length !== 1 && (
        <div className={styles.total}>
          <dt>{t("cart.total")}</dt>
          <dd>
            <Points value={total} />
          </dd>
        </div>
      )}
    </dl>
  );
}
