import { useState } from "react";
import logo from "../../theme/logo.svg";
import { join } from "./join.ts";
import styles from "./ui.module.css";

/**
 * A reward's picture, always 4:3, with the brand's sign where it cannot be had. What it shows is told by the name beside it.
 *
 * @param priority for the largest picture of a page
 */
export function Picture(props: { src: string | null | undefined; className?: string | undefined; priority?: boolean }) {
  const { src, className, priority = false } = props;
  const [failed, setFailed] = useState<string | null>(null);
  const isMissing = !src || failed === src;
  return (
    <div className={join(styles.picture, className)} data-missing={isMissing || undefined}>
      {isMissing ? (
        <img
          src={logo}
          alt=""
          width={800}
          height={600}
          style={{ objectFit: "contain", padding: "18%", opacity: 0.5 }}
        />
      ) : (
        <img
          src={src}
          alt=""
          width={800}
          height={600}
          loading={priority ? "eager" : "lazy"}
          decoding="async"
          {...(priority && { fetchPriority: "high" as const })}
          onError={() => setFailed(src)}
        />
      )}
    </div>
  );
}
