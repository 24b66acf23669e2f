import { useMutation, useQuery } from "@apollo/client/react";
import { useId, useState } from "react";
import {
  type AddressInput,
  type RefusalFragment,
  RemoveAddressDocument,
  SaveAddressDocument,
  SavedAddressesDocument,
  type SavedAddressPartsFragment,
} from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { AddressForm, AddressText } from "./address-form.tsx";
import styles from "./checkout.module.css";

interface Props {
  address: AddressInput | null;
  isBusy: boolean;
  refusals: readonly RefusalFragment[];
  onSubmit(address: AddressInput): void;
}

/** Offers the saved addresses and a form for a new address. */
export function AddressChoice(props: Props) {
  const { data, loading } = useQuery(SavedAddressesDocument, { fetchPolicy: "cache-and-network" });
  const saved = data?.me?.savedAddresses;
  if (!saved && loading) return <Skeleton height="12rem" />;
  return <Choice {...props} saved={saved ?? []} ownName={data?.me?.name ?? null} />;
}

const NEW = "new";

function Choice({
  address,
  isBusy,
  refusals,
  onSubmit,
  saved,
  ownName,
}: Props & { saved: readonly SavedAddressPartsFragment[]; ownName: string | null }) {
  const { t } = useI18n();
  const name = useId();
  const [chosenId, setChosenId] = useState<string | null>(null);
  const [isSaved, setSaved] = useState(true);
  const [save] = useMutation(SaveAddressDocument);
  const [remove, removing] = useMutation(RemoveAddressDocument);
  const chosen = chosenId === NEW ? undefined : (saved.find(({ id }) => id === chosenId) ?? saved[0]);

  // Saving runs in the background: the order uses this address whether or not saving succeeds.
  const saveAddress = (id: string | null, address: AddressInput) =>
    void save({ variables: { input: { id, address } } }).catch(() => {});

  return (
    <div className={styles.choice}>
      {saved.length > 0 && (
        <fieldset>
          <legend className="sr-only">{t("address.saved")}</legend>
          {saved.map((each) => (
            <div key={each.id} className={styles.savedAddress}>
              <label>
                <input
                  type="radio"
                  name={name}
                  checked={each.id === chosen?.id}
                  onChange={() => setChosenId(each.id)}
                />
                <AddressText address={each.address} />
              </label>
              <Button
                variant="plain"
                busy={removing.loading}
                onClick={() => void remove({ variables: { id: each.id } }).catch(() => {})}
              >
                {t("cart.remove")}
                <span className="sr-only">: {each.address.line1}</span>
              </Button>
            </div>
          ))}
          <div className={styles.savedAddress}>
            <label>
              <input type="radio" name={name} checked={!chosen} onChange={() => setChosenId(NEW)} />
              {t("address.another")}
            </label>
          </div>
        </fieldset>
      )}
      {chosen ? (
        <Button
          busy={isBusy}
          onClick={() => {
            saveAddress(chosen.id, inputOf(chosen.address));
            onSubmit(inputOf(chosen.address));
          }}
        >
          {t("checkout.toReview")}
        </Button>
      ) : (
        <AddressForm
          address={address}
          isBusy={isBusy}
          refusals={refusals}
          submit={t("checkout.toReview")}
          ownName={ownName}
          onSubmit={(next) => {
            if (isSaved) saveAddress(null, next);
            onSubmit(next);
          }}
        >
          <label className={styles.keep}>
            <input type="checkbox" checked={isSaved} onChange={(event) => setSaved(event.target.checked)} />
            {t("address.save")}
          </label>
        </AddressForm>
      )}
    </div>
  );
}

function inputOf(address: SavedAddressPartsFragment["address"]): AddressInput {
  const { name, line1, line2, city, region, postalCode, country, phone } = address;
  return { name, line1, line2, city, region, postalCode, country, phone };
}
