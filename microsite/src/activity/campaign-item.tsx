import type { CampaignPartsFragment } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import styles from "./activity.module.css";
import { sourceOfCampaign } from "./award-texts.ts";
import { conditionsOf, termsOf } from "./campaign-texts.ts";

/** Describes a campaign in plain words. */
export function CampaignItem({ campaign }: { campaign: CampaignPartsFragment }) {
  const i18n = useI18n();
  const conditions = conditionsOf(i18n, campaign).join(" · ");
  return (
    <li data-source={sourceOfCampaign(campaign)}>
      <h3>{campaign.name}</h3>
      <ul className={styles.terms}>
        {termsOf(i18n, campaign).map((term) => (
          <li key={term}>{term}</li>
        ))}
      </ul>
      {conditions && (
        <p className={styles.small}>{conditions.charAt(0).toLocaleUpperCase(i18n.locale) + conditions.slice(1)}</p>
      )}
    </li>
  );
}
