import { useState } from "react";
import cards from "../../../microsite/src/rewards/rewards.module.css";
import { SelectField } from "../../../microsite/src/ui/field.tsx";
import { Picture } from "../../../microsite/src/ui/picture.tsx";
import type { RewardStateFragment } from "../graphql/generated/graphql.ts";
import { points } from "../ui/format.ts";
import { Card } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import styles from "./catalogue.module.css";

/** The reward as a card of the storefront's list, with the storefront's own styles. */
export function Preview({ reward }: { reward: RewardStateFragment }) {
  const [language, setLanguage] = useState("");
  const text = reward.texts.find((each) => each.language === language) ?? reward;
  return (
    <Card
      title="As the storefront shows it"
      aside={
        <a href={`/rewards/${encodeURIComponent(reward.sku)}`} target="_blank" rel="noreferrer">
          Open the page
        </a>
      }
    >
      {reward.texts.length > 0 && (
        <SelectField label="Language" value={language} onChange={({ target }) => setLanguage(target.value)}>
          <option value="">Default language</option>
          {reward.texts.map((each) => (
            <option key={each.language} value={each.language}>
              {each.language}
            </option>
          ))}
        </SelectField>
      )}
      <article className={`${cards.card} ${styles.preview}`}>
        <Picture reward={reward} />
        <div className={cards.cardText}>
          <p className={cards.brand}>{reward.brand}</p>
          <h3 lang={language || undefined}>{text.name}</h3>
          <p className={cards.price}>{reward.points === 0 ? "Free" : points(reward.points)}</p>
          {reward.stock === 0 && <p className={cards.standing}>Sold out</p>}
        </div>
      </article>
      <p lang={language || undefined}>{text.description}</p>
      {reward.state !== "ON_OFFER" && reward.state !== "SOLD_OUT" && (
        <p className={ui.soft}>
          Customers do not see the reward in the list at the moment. Anyone with the address can open its page.
        </p>
      )}
    </Card>
  );
}
