import { useState } from "react";
import { join } from "./join.ts";
import styles from "./ui.module.css";

/** Address of the gateway's fallback picture: the category's icon and the brand's initial on the brand's hue. */
const fallbackOf = (sku: string) => `/images/rewards/${encodeURIComponent(sku)}/fallback`;

/**
 * A reward's picture, always 4:3. If it is missing or does not load, the gateway's fallback replaces it. The
 * alternative text is empty because the name is next to the picture.
 *
 * @param priority for the largest picture of a page
 */
export function Picture(props: {
  reward: { sku: string; imageUrl: string | null } | null | undefined;
  className?: string | undefined;
  priority?: boolean;
}) {
  const { reward, className, priority = false } = props;
  const [failed, setFailed] = useState<string[]>([]);
  const src = reward && [reward.imageUrl, fallbackOf(reward.sku)].find((each) => each && !failed.includes(each));
  return (
    <div className={join(styles.picture, className)}>
      {src && (
        <img
          src={src}
          alt=""
          width={800}
          height={600}
          loading={priority ? "eager" : "lazy"}
          decoding="async"
          {...(priority && { fetchPriority: "high" as const })}
          onError={() => setFailed((known) => [...known, src])}
        />
      )}
    </div>
  );
}
