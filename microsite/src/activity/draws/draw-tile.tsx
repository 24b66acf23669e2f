import type { DrawPartsFragment, TicketPartsFragment } from "../../graphql/generated/graphql.ts";
import { useI18n } from "../../i18n/i18n.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Tile } from "../../ui/tile.tsx";
import { CheckDraw } from "./check-draw.tsx";
import styles from "./draws.module.css";
import { Prizes } from "./prizes.tsx";
import { Tickets } from "./tickets.tsx";

/** Shows a draw: the member's tickets, the prizes, and the check of the draw. */
export function DrawTile({ draw, tickets }: { draw: DrawPartsFragment; tickets: readonly TicketPartsFragment[] }) {
  const { t, day } = useI18n();
  const { id, name, closedAt, tickets: out } = draw;
  return (
    <Tile className={styles.draw} aria-labelledby={`draw-${id}`}>
      <header>
        <h3 id={`draw-${id}`}>{name}</h3>
        <Badge tone={closedAt ? "plain" : "good"}>
          {closedAt ? t("draw.closed", { day: day(closedAt) }) : t("draw.open")}
        </Badge>
      </header>
      <h4>{t("draw.yours")}</h4>
      <Tickets tickets={tickets} />
      <h4>{t("draw.prizes")}</h4>
      <Prizes draw={draw} />
      <p className={styles.soft}>{t("draw.out", { count: out })}</p>
      <CheckDraw draw={draw} />
    </Tile>
  );
}
