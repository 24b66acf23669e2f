import { useState } from "react";
import { join } from "./join.ts";
import styles from "./ui.module.css";

/** The gateway draws it: a sign of the category and the first letter of the brand, on the brand's hue. */
const fallbackOf = (sku: string) => `/images/rewards/${encodeURIComponent(sku)}/fallback`;

/**
 * A reward's picture, always 4:3. Without one, or if it does not load, the gateway's stands there. The name beside it says what
 * it shows.
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
