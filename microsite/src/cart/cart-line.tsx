import { useMutation } from "@apollo/client/react";
import { Link } from "react-router";
import { failureText } from "../graphql/failure-text.ts";
import {
  type CartPartsFragment,
  type GroupWalletPartsFragment,
  type ProblemPartsFragment,
  type RefusalFragment,
  RemoveCartLineDocument,
  UpdateCartLineDocument,
  type UpdateCartLineInput,
} from "../graphql/generated/graphql.ts";
import { refusalText } from "../graphql/refusal-text.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Amount } from "../ui/amount.tsx";
import { Button } from "../ui/button.tsx";
import { SelectField } from "../ui/field.tsx";
import { Notice } from "../ui/notice.tsx";
import { Picture } from "../ui/picture.tsx";
import { Points } from "../ui/points.tsx";
import styles from "./cart.module.css";
import { problemText } from "./problem-text.ts";

export function CartLine(props: {
  line: CartPartsFragment["lines"][number];
  version: number;
  groups: readonly GroupWalletPartsFragment[];
  problems: readonly ProblemPartsFragment[];
  onMessage(text: string | null): void;
}) {
  const { line, version, groups, problems, onMessage } = props;
  const i18n = useI18n();
  const { t } = i18n;
  const [update, updating] = useMutation(UpdateCartLineDocument);
  const [remove, removing] = useMutation(RemoveCartLineDocument);
  const isBusy = updating.loading || removing.loading;
  const { reward } = line;

  const showRefusal = ([refusal]: readonly RefusalFragment[] = []) =>
    onMessage(refusal ? refusalText(i18n, refusal) : null);
  async function change(input: Omit<UpdateCartLineInput, "lineId">) {
    try {
      const { data } = await update({ variables: { input: { lineId: line.id, expectedVersion: version, ...input } } });
      showRefusal(data?.updateCartLine.userErrors);
    } catch (error) {
      onMessage(failureText(i18n, error));
    }
  }
  async function removeLine() {
    try {
      const { data } = await remove({ variables: { input: { lineId: line.id } } });
      showRefusal(data?.removeCartLine.userErrors);
    } catch (error) {
      onMessage(failureText(i18n, error));
    }
  }

  return (
    <li className={styles.line} aria-busy={isBusy}>
      <Picture reward={reward} />
      <div className={styles.what}>
        <p className={styles.soft}>{reward.brand}</p>
        <h2>
          <Link to={`/rewards/${encodeURIComponent(reward.sku)}`}>{reward.name}</Link>
        </h2>
        <p>
          <Points isPrice value={line.points} />
          {line.quantity > 1 && <span className={styles.each}>{t("cart.each", { points: line.unitPoints })}</span>}
        </p>
      </div>
      <div className={styles.controls}>
        <Amount
          label={t("cart.quantityOf", { name: reward.name })}
          value={line.quantity}
          max={reward.limitPerCustomer ?? 99}
          isDisabled={isBusy}
          onChange={(quantity) => void change({ quantity })}
        />
        <WalletChoice line={line} groups={groups} isBusy={isBusy} onChange={(wallet) => void change(wallet)} />
        <Button
          variant="plain"
          busy={removing.loading}
          onClick={() => void removeLine()}
          aria-label={t("cart.removeName", { name: reward.name })}
        >
          {t("cart.remove")}
        </Button>
      </div>
      {problems.map((problem) => (
        <Notice key={problem.code} tone="calm">
          {problemText(i18n, problem)}
          {problem.code === "PRICE_CHANGED" && (
            <div>
              <Button variant="plain" onClick={() => void change({ quantity: line.quantity })}>
                {t("cart.acceptPrice", { points: line.unitPoints })}
              </Button>
            </div>
          )}
        </Notice>
      ))}
    </li>
  );
}

/** Selects the wallet that pays. Renders plain text if only one wallet can pay. */
function WalletChoice(props: {
  line: CartPartsFragment["lines"][number];
  groups: readonly GroupWalletPartsFragment[];
  isBusy: boolean;
  onChange(wallet: Pick<UpdateCartLineInput, "payWith" | "groupWalletId">): void;
}) {
  const { line, groups, isBusy, onChange } = props;
  const { t } = useI18n();
  const { payableWith } = line.reward;
  const current = line.payWith === "GROUP" ? (line.groupWallet?.id ?? "gone") : "";
  const options = [
    ...(payableWith.includes("INDIVIDUAL") ? [{ id: "", name: t("wallet.own") }] : []),
    ...(payableWith.includes("GROUP")
      ? groups.map(({ id, name, externalId }) => ({ id, name: name ?? externalId ?? t("wallet.group") }))
      : []),
  ];
  if (!options.some(({ id }) => id === current)) {
    options.unshift({
      id: current,
      name: line.groupWallet?.name ?? t(current === "" ? "wallet.own" : "wallet.formerGroup"),
    });
  }
  if (options.length === 1) return <p className={styles.payer}>{t("cart.paidWith", { wallet: options[0]?.name })}</p>;
  return (
    <SelectField
      label={t("rewards.payWith")}
      className={styles.wallet}
      value={current}
      aria-disabled={isBusy || undefined}
      onChange={({ target: { value } }) =>
        onChange(value === "" ? { payWith: "INDIVIDUAL" } : { payWith: "GROUP", groupWalletId: value })
      }
    >
      {options.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}
