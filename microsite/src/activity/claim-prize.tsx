import { useMutation } from "@apollo/client/react";
import { lazy, useState } from "react";
import { useNavigate } from "react-router";
import { failureText } from "../graphql/failure-text.ts";
import {
  type AddressInput,
  ClaimPrizeDocument,
  type EarnedPartsFragment,
  type RefusalFragment,
} from "../graphql/generated/graphql.ts";
import { refusalText } from "../graphql/refusal-text.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { ErrorBoundary } from "../shell/error-boundary.tsx";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import styles from "./activity.module.css";

const Dialog = lazy(async () => ({ default: (await import("../ui/dialog.tsx")).Dialog }));
const AddressForm = lazy(async () => ({ default: (await import("../checkout/address-form.tsx")).AddressForm }));

/** Orders a won reward free of charge. Merchandise needs an address first. A repeated claim creates no second order. */
export function ClaimPrize({ prize: { id, reward } }: { prize: Pick<EarnedPartsFragment, "id" | "reward"> }) {
  const i18n = useI18n();
  const { t } = i18n;
  const navigate = useNavigate();
  const [claim, { loading }] = useMutation(ClaimPrizeDocument);
  const [isAsking, setAsking] = useState(false);
  const [address, setAddress] = useState<AddressInput | null>(null);
  const [refusals, setRefusals] = useState<readonly RefusalFragment[]>([]);
  const [failure, setFailure] = useState<string | null>(null);

  async function send(shippingAddress: AddressInput | null): Promise<void> {
    setAddress(shippingAddress);
    setFailure(null);
    try {
      const { data } = await claim({ variables: { input: { awardId: id, shippingAddress } } });
      const { order, userErrors = [] } = data?.claimPrize ?? {};
      setRefusals(userErrors);
      if (order) await navigate(`/orders/${order.id}`);
    } catch (error) {
      setFailure(failureText(i18n, error));
    }
  }

  const isOfField = ({ field }: RefusalFragment) => (field?.length ?? 0) > 2;
  const troubles =
    failure !== null
      ? [failure]
      : refusals.filter((refusal) => !isOfField(refusal)).map((refusal) => refusalText(i18n, refusal));
  const trouble = troubles.map((text) => (
    <Notice key={text} tone="calm">
      {text}
    </Notice>
  ));
  return (
    <div className={styles.claim}>
      <Button
        busy={loading && !isAsking}
        onClick={() => (reward?.kind === "MERCHANDISE" ? setAsking(true) : void send(null))}
      >
        {t("prize.claim")}
        <span className="sr-only">: {reward?.name}</span>
      </Button>
      {!isAsking && trouble}
      {isAsking && (
        <ErrorBoundary>
          <Dialog title={t("prize.whereTo")} isOpen onClose={() => setAsking(false)}>
            <AddressForm
              address={address}
              isBusy={loading}
              refusals={refusals.filter(isOfField)}
              submit={t("prize.send")}
              onSubmit={(to) => void send(to)}
            />
            {trouble}
          </Dialog>
        </ErrorBoundary>
      )}
    </div>
  );
}
