import { useMutation, useQuery } from "@apollo/client/react";
import { useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import cartStyles from "../cart/cart.module.css";
import { Funding } from "../cart/funding.tsx";
import { problemText } from "../cart/problem-text.ts";
import { failureText } from "../graphql/failure-text.ts";
import {
  type AddressInput,
  type CartPartsFragment,
  CheckoutDocument,
  type RefusalFragment,
  ReviewOrderDocument,
} from "../graphql/generated/graphql.ts";
import { refusalText } from "../graphql/refusal-text.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { LoadFailure } from "../shell/load-failure.tsx";
import { Page } from "../shell/page.tsx";
import { Button, ButtonLink } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { Picture } from "../ui/picture.tsx";
import { Points } from "../ui/points.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Tile } from "../ui/tile.tsx";
import { AddressChoice } from "./address-choice.tsx";
import { AddressText } from "./address-form.tsx";
import { attemptFor, inputOf } from "./attempt.ts";
import styles from "./checkout.module.css";
import { usePlacing } from "./use-placing.ts";

export default function CheckoutPage() {
  const { t } = useI18n();
  const { data, loading, error, refetch } = useQuery(CheckoutDocument, { fetchPolicy: "cache-and-network" });
  const me = data?.me;
  const { placing, place } = usePlacing(me?.customerId);
  const isPlacing = placing.kind === "placing" || placing.kind === "no-response";

  if (isPlacing && !me?.cart.lines.length) {
    return (
      <Page title={t("checkout.title")} narrow>
        <Tile className={cartStyles.empty}>
          <h2>{t(placing.kind === "placing" ? "checkout.finishing" : "checkout.noResponse")}</h2>
          <p>{t("checkout.once")}</p>
        </Tile>
      </Page>
    );
  }
  if (!me) {
    return (
      <Page title={t("checkout.title")} narrow>
        {loading ? <Skeleton height="16rem" /> : <LoadFailure error={error} retry={refetch} />}
      </Page>
    );
  }
  if (me.cart.lines.length === 0) {
    return (
      <Page title={t("checkout.title")} narrow>
        <Tile className={cartStyles.empty}>
          <h2>{t("cart.empty")}</h2>
          <ButtonLink to="/orders" variant="quiet">
            {t("nav.orders")}
          </ButtonLink>
        </Tile>
      </Page>
    );
  }
  return (
    <Page title={t("checkout.title")}>
      <Steps key={me.cart.id} customerId={me.customerId} cart={me.cart} placing={placing} place={place} />
    </Page>
  );
}

function Steps(props: { customerId: string; cart: CartPartsFragment } & ReturnType<typeof usePlacing>) {
  const { customerId, cart, placing, place } = props;
  const i18n = useI18n();
  const { t } = i18n;
  const needsAddress = cart.lines.some(({ reward }) => reward.kind === "MERCHANDISE" && reward.source === "BIGCITY");
  const [address, setAddress] = useState<AddressInput | null>(null);
  const [isEditing, setEditing] = useState(needsAddress);
  const [reviewOrder, review] = useMutation(ReviewOrderDocument);
  const [failure, setFailure] = useState<string | null>(null);
  const attempt = () => attemptFor({ customerId, cartId: cart.id, cartVersion: cart.version, address });
  const isBusy = placing.kind === "placing";

  async function validate(shippingAddress: AddressInput | null): Promise<void> {
    setFailure(null);
    const intent = attemptFor({ customerId, cartId: cart.id, cartVersion: cart.version, address: shippingAddress });
    try {
      const { data } = await reviewOrder({ variables: { input: { ...inputOf(intent), dryRun: true } } });
      if (shippingAddress && !data?.placeOrder.userErrors.some(isAboutAddress)) {
        setAddress(shippingAddress);
        setEditing(false);
      }
    } catch (error) {
      setFailure(failureText(i18n, error));
    }
  }

  // An order without an address is validated at once, and again after each change of the cart.
  const latest = useRef(validate);
  latest.current = validate;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a review belongs to a version of the cart
  useEffect(() => {
    if (!isBusy && (!needsAddress || address)) void latest.current(address);
  }, [needsAddress, cart.version]);

  const { preview, userErrors = [] } = review.data?.placeOrder ?? {};
  const problems = preview?.problems ?? [];
  const refusals = userErrors.filter((refusal) => !isAboutAddress(refusal));
  const isReady = preview && problems.length === 0 && userErrors.length === 0 && !isEditing && failure === null;

  return (
    <div className={cartStyles.both}>
      <div className={styles.steps}>
        {needsAddress && (
          <Tile className={styles.step} aria-labelledby="address">
            <header>
              <h2 id="address">{t("checkout.address")}</h2>
              {!isEditing && (
                <Button variant="plain" onClick={() => setEditing(true)} disabled={isBusy}>
                  {t("checkout.changeAddress")}
                </Button>
              )}
            </header>
            {isEditing || !address ? (
              <AddressChoice
                address={address}
                isBusy={review.loading}
                refusals={userErrors.filter(isAboutAddress)}
                onSubmit={(next) => void validate(next)}
              />
            ) : (
              <AddressText address={address} />
            )}
          </Tile>
        )}
        <Tile className={styles.step} aria-labelledby="items">
          <header>
            <h2 id="items">{t("checkout.items")}</h2>
            <Link to="/cart">{t("checkout.changeCart")}</Link>
          </header>
          <ul className={styles.items}>
            {cart.lines.map((line) => (
              <li key={line.id}>
                <Picture reward={line.reward} />
                <span>
                  {t("checkout.item", { count: line.quantity, name: line.reward.name })}
                  <small>
                    {t("cart.paidWith", {
                      wallet:
                        line.payWith === "INDIVIDUAL" ? t("wallet.own") : (line.groupWallet?.name ?? t("wallet.group")),
                    })}
                  </small>
                </span>
                <Points isPrice value={line.points} />
              </li>
            ))}
          </ul>
        </Tile>
      </div>

      <Tile className={cartStyles.summary} aria-labelledby="review" aria-busy={review.loading}>
        <h2 id="review">{t("checkout.review")}</h2>
        {needsAddress && isEditing ? (
          <p className={cartStyles.soft}>{t("checkout.addressFirst")}</p>
        ) : preview ? (
          <Funding funding={preview.funding} total={preview.total} />
        ) : failure !== null ? (
          <Notice tone="bad">
            {failure}
            <div>
              <Button variant="plain" onClick={() => void validate(address)}>
                {t("error.again")}
              </Button>
            </div>
          </Notice>
        ) : (
          <Skeleton height="6rem" />
        )}
        {!isEditing &&
          problems.map((problem) => (
            <Notice key={`${problem.code}${problem.lineId}`} tone="calm">
              {lineName(cart, problem.lineId)}
              {problemText(i18n, problem)}
            </Notice>
          ))}
        {!isEditing && problems.length === 0 && <Refusals refusals={refusals} />}
        {placing.kind === "refused" && <Refusals refusals={placing.refusals} />}
        {placing.kind === "no-response" && (
          <Notice tone="calm" title={t("checkout.noResponse")}>
            {t("checkout.once")}
          </Notice>
        )}
        <Button
          wide
          busy={isBusy}
          disabled={!isReady && placing.kind !== "no-response"}
          onClick={() => void place(attempt())}
        >
          {placing.kind === "no-response"
            ? t("checkout.sendAgain")
            : isBusy
              ? t("checkout.placing")
              : t("checkout.place")}
        </Button>
        <p className={cartStyles.soft}>{t("checkout.promise")}</p>
      </Tile>
    </div>
  );
}

const isAboutAddress = ({ field, code }: RefusalFragment) =>
  code === "ADDRESS_REQUIRED" || (field?.includes("shippingAddress") ?? false);

function lineName(cart: CartPartsFragment, lineId: string | null) {
  const line = cart.lines.find(({ id }) => id === lineId);
  return line && <strong>{line.reward.name}</strong>;
}

function Refusals({ refusals }: { refusals: readonly RefusalFragment[] }) {
  const i18n = useI18n();
  return refusals.map((refusal) => (
    <Notice key={refusal.code} tone="bad">
      {refusalText(i18n, refusal)}
    </Notice>
  ));
}
