import type { CSSProperties } from "react";
import { backgrounds, builtPalettes, customProperties, type Palettes, WHITE } from "../../../src/brand/colours.ts";
import { Card } from "../ui/page.tsx";
import styles from "./brand.module.css";

export interface PreviewProps {
  name: string;
  logo: string;
  palettes: Palettes | undefined;
  hasSupport: boolean;
}

const inks = { light: "#1c201e", dark: "#efece4" };

/** The storefront's header, an area, a button and links in both themes. Nothing in it can be used. */
export function BrandPreview({ name, logo, palettes = builtPalettes, hasSupport }: PreviewProps) {
  return (
    <Card title="Preview">
      <div className={styles.themes}>
        {(["light", "dark"] as const).map((theme) => {
          const { grout, tile } = backgrounds[theme];
          const colours = {
            ...customProperties(palettes[theme]),
            "--grout": grout,
            "--tile": tile,
            "--ink": inks[theme],
            "--white": WHITE,
          };
          return (
            <section
              key={theme}
              className={styles.theme}
              style={colours as CSSProperties}
              aria-label={`Preview in the ${theme} theme`}
            >
              <p className={styles.bar}>
                <img src={logo} alt="" width={30} height={30} />
                {name}
              </p>
              <p className={styles.area}>
                <strong>1,250</strong>
                <small>120 points expire on 31 December</small>
              </p>
              <div className={styles.tile}>
                <span className={styles.button}>Redeem</span>
                <span className={styles.link}>See all rewards</span>
              </div>
              <p className={styles.foot}>
                <span className={styles.link}>Help</span>
                {hasSupport && <span className={styles.link}>Support</span>}
              </p>
            </section>
          );
        })}
      </div>
    </Card>
  );
}
