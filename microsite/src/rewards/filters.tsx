import { useQuery } from "@apollo/client/react";
import { useId } from "react";
import { CategoriesDocument, PayingWalletsDocument } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { useSession } from "../session/use-session.ts";
import { SelectField } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import styles from "./rewards.module.css";
import { kinds, type Search, sorts } from "./search.ts";

/** Filters of the catalogue: category, sort order, wallet and kind. */
export function Filters({ search, onChange }: { search: Search; onChange(part: Partial<Search>): void }) {
  const { t } = useI18n();
  const isSignedIn = useSession().kind === "signed-in";
  const categories = useQuery(CategoriesDocument).data?.rewardCategories ?? [];
  const wallets = useQuery(PayingWalletsDocument, { skip: !isSignedIn }).data?.me?.groupWallets ?? [];
  const groups = wallets.filter(({ status }) => status === "ACTIVE");
  const radios = useId(); // the same filters may be open in the sheet as well

  return (
    <>
      <SelectField
        label={t("rewards.category")}
        value={search.category}
        onChange={(event) => onChange({ category: event.target.value })}
      >
        <option value="">{t("rewards.everyCategory")}</option>
        {categories.map(({ name, shownName, rewardCount }) => (
          <option key={name} value={name}>
            {t("rewards.categoryCount", { name: shownName, count: rewardCount })}
          </option>
        ))}
      </SelectField>
      <SelectField
        label={t("rewards.sort")}
        value={search.sort}
        onChange={(event) => onChange({ sort: event.target.value as Search["sort"] })}
      >
        {sorts.map((sort) => (
          <option key={sort} value={sort}>
            {t(sort === "POPULAR" && search.text.trim() ? "sort.RELEVANCE" : `sort.${sort}`)}
          </option>
        ))}
      </SelectField>
      {isSignedIn && (
        <SelectField
          label={t("rewards.payWith")}
          value={search.group}
          onChange={(event) => onChange({ group: event.target.value })}
        >
          <option value="">{t("wallet.own")}</option>
          {groups.map(({ id, name, externalId }) => (
            <option key={id} value={id}>
              {name ?? externalId}
            </option>
          ))}
        </SelectField>
      )}
      <div className={styles.chips}>
        <fieldset>
          <legend className="sr-only">{t("rewards.kind")}</legend>
          {([null, ...kinds] as const).map((kind) => (
            <label key={kind}>
              <input type="radio" name={radios} checked={search.kind === kind} onChange={() => onChange({ kind })} />
              {t(kind ? `kind.${kind}.many` : "kind.all")}
            </label>
          ))}
        </fieldset>
        {isSignedIn && (
          <label className={styles.apart}>
            <input
              type="checkbox"
              checked={search.isWithin}
              onChange={(event) => onChange({ isWithin: event.target.checked })}
            />
            {search.isWithin && <Icon name="check" size={16} />}
            {t("rewards.within")}
          </label>
        )}
      </div>
    </>
  );
}
