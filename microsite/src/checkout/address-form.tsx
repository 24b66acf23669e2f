import { type ReactNode, useMemo, useState } from "react";
import type { AddressInput, AddressPartsFragment, RefusalFragment } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { brand } from "../shell/brand.ts";
import { Button } from "../ui/button.tsx";
import { SelectField, TextField } from "../ui/field.tsx";
import { type AddressField, addressLines, fieldOrder, hasPostalCode } from "./address-order.ts";
import styles from "./checkout.module.css";
import { ADDRESS_COUNTRIES } from "./countries.ts";

const fieldOptions: Record<AddressField, { autoComplete: string; isRequired: boolean; isWide: boolean }> = {
  name: { autoComplete: "name", isRequired: true, isWide: true },
  line1: { autoComplete: "address-line1", isRequired: true, isWide: true },
  line2: { autoComplete: "address-line2", isRequired: false, isWide: true },
  city: { autoComplete: "address-level2", isRequired: true, isWide: false },
  postalCode: { autoComplete: "postal-code", isRequired: true, isWide: false },
  region: { autoComplete: "address-level1", isRequired: false, isWide: false },
  phone: { autoComplete: "tel", isRequired: false, isWide: false },
};
const empty = { name: "", line1: "", line2: "", city: "", postalCode: "", region: "", phone: "" };

/** Address form. The gateway validates it; each refusal appears at its field. */
export function AddressForm(props: {
  address: AddressInput | null;
  isBusy: boolean;
  refusals: readonly RefusalFragment[];
  /** The member's name, prefilled in an empty form. */
  ownName?: string | null;
  /** Label of the submit button. */
  submit: string;
  onSubmit(address: AddressInput): void;
  /** Rendered before the submit button. */
  children?: ReactNode;
}) {
  const { address, isBusy, refusals, ownName, submit, onSubmit, children } = props;
  const { t, country: countryName, locale } = useI18n();
  const [values, setValues] = useState<Record<AddressField, string>>({
    ...empty,
    ...(ownName && { name: ownName }),
    ...withoutNull(address),
  });
  const [country, setCountry] = useState(address?.country ?? brand.country);
  const fields = fieldOrder(country);
  const isRequired = (name: AddressField) =>
    fieldOptions[name].isRequired && (name !== "postalCode" || hasPostalCode(country));
  const [missing, setMissing] = useState<readonly AddressField[]>([]);
  const countries = useMemo(
    () =>
      ADDRESS_COUNTRIES.map((code) => ({ code, name: countryName(code) })).sort((a, b) =>
        a.name.localeCompare(b.name, locale),
      ),
    [countryName, locale],
  );
  const errorOf = (name: AddressField) =>
    missing.includes(name)
      ? t("address.missing")
      : refusals.some(({ field }) => field?.at(-1) === name)
        ? t("address.invalid")
        : undefined;

  return (
    <form
      className={styles.address}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const missingFields = fields.filter((name) => isRequired(name) && !values[name].trim());
        setMissing(missingFields);
        if (missingFields.length > 0)
          return event.currentTarget.querySelector<HTMLInputElement>(`[name="${missingFields[0]}"]`)?.focus();
        const { line2, region, phone, ...rest } = values;
        onSubmit({ ...rest, country, line2: line2 || null, region: region || null, phone: phone || null });
      }}
    >
      <SelectField
        label={t("address.country")}
        className={styles.wide}
        name="country"
        autoComplete="shipping country"
        value={country}
        onChange={(event) => setCountry(event.target.value)}
      >
        {countries.map(({ code, name }) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </SelectField>
      {fields.map((name) => (
        <TextField
          key={name}
          name={name}
          className={fieldOptions[name].isWide ? styles.wide : undefined}
          label={isRequired(name) ? t(`address.${name}`) : t("address.optional", { field: t(`address.${name}`) })}
          type={name === "phone" ? "tel" : "text"}
          autoComplete={`shipping ${fieldOptions[name].autoComplete}`}
          required={isRequired(name)}
          maxLength={200}
          value={values[name]}
          fault={errorOf(name)}
          onChange={(event) => setValues({ ...values, [name]: event.target.value })}
        />
      ))}
      {children}
      <Button type="submit" busy={isBusy} className={styles.wide}>
        {submit}
      </Button>
    </form>
  );
}

const withoutNull = (address: AddressInput | null) =>
  Object.fromEntries(Object.entries(address ?? {}).filter(([name, value]) => name in empty && value != null));

export function AddressText({ address }: { address: AddressInput | AddressPartsFragment }) {
  const { country } = useI18n();
  const lines = [...addressLines(address.country, address), country(address.country), address.phone].filter(Boolean);
  return (
    <address className={styles.written}>
      {lines.map((line) => (
        <span key={line}>{line}</span>
      ))}
    </address>
  );
}
