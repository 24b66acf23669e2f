import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, memo, type ReactNode, useEffect, useId, useRef, useState } from "react";
import styles from "./virtual-table.module.css";

export interface Column<Row> {
  name: string;
  /** The width of a CSS grid track. */
  width: string;
  number?: boolean;
  show(row: Row): ReactNode;
}

export interface VirtualTableProps<Row> {
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  rowKey(row: Row): string;
  onOpen?(row: Row): void;
  /** Selects or deselects a row, by the space bar. */
  onChoose?(row: Row): void;
  hasMore: boolean;
  onMore(): Promise<unknown>;
}

const ROW_HEIGHT = 44;
const OVERSCAN = 8;
/** The height of the header, the borders and the horizontal scroll bar, in px. */
const FRAME_PX = 60;

/**
 * A table that renders only the visible rows, and reads the next page near the end of the list. Arrow keys move the
 * focus, Enter opens a row, the space bar selects it.
 */
export function VirtualTable<Row>(props: VirtualTableProps<Row>) {
  const { label, rows, columns, rowKey, onOpen, onChoose, hasMore, onMore } = props;
  const id = useId();
  const container = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const isReading = useRef(false);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => container.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;

  useEffect(() => {
    if (!hasMore || isReading.current || last < rows.length - OVERSCAN) return;
    isReading.current = true;
    onMore()
      .catch(() => {}) // the next movement reads it again
      .finally(() => {
        isReading.current = false;
      });
  }, [hasMore, last, rows.length, onMore]);

  function onKeyDown(event: KeyboardEvent) {
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: 10,
      PageUp: -10,
      Home: -1e9,
      End: 1e9,
    };
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = Math.max(0, Math.min(rows.length - 1, active + step));
      setActive(next);
      virtual.scrollToIndex(next);
      return;
    }
    const row = rows[active];
    if (event.target !== event.currentTarget || row === undefined) return;
    if (event.key === "Enter") onOpen?.(row);
    if (event.key === " " && onChoose) {
      event.preventDefault();
      onChoose(row);
    }
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: rows have absolute positions, which a table element does not allow
    <div
      className={styles.box}
      style={{ maxHeight: virtual.getTotalSize() + FRAME_PX }}
      ref={container}
      role="grid"
      aria-label={label}
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      aria-activedescendant={items.some(({ index }) => index === active) ? `${id}-${active}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      <div role="row" className={styles.header} style={templateOf(columns)} aria-rowindex={1} tabIndex={-1}>
        {columns.map(({ name, number }) => (
          // biome-ignore lint/a11y/useSemanticElements: see above
          <span key={name} role="columnheader" tabIndex={-1} data-number={number || undefined}>
            {name}
          </span>
        ))}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {items.map(({ index, start }) => {
          const row = rows[index];
          if (row === undefined) return null;
          return (
            <TableRow
              key={rowKey(row)}
              id={`${id}-${index}`}
              row={row}
              index={index}
              start={start}
              isActive={index === active}
              columns={columns}
              onSelect={setActive}
              onOpen={onOpen}
            />
          );
        })}
      </div>
    </div>
  );
}

interface TableRowProps<Row> extends Pick<VirtualTableProps<Row>, "columns"> {
  onOpen: VirtualTableProps<Row>["onOpen"] | undefined;
  id: string;
  row: Row;
  index: number;
  /** The distance from the first row, in px. */
  start: number;
  isActive: boolean;
  onSelect(index: number): void;
}

/** Memoised: while the table is scrolled, only the rows that come into view are rendered. */
const TableRow = memo(function TableRow<Row>(props: TableRowProps<Row>) {
  const { id, row, index, start, isActive, columns, onSelect, onOpen } = props;
  return (
    // biome-ignore lint/a11y/useSemanticElements: see above
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the keys
    <div
      id={id}
      role="row"
      tabIndex={-1}
      aria-rowindex={index + 2}
      className={styles.row}
      data-active={isActive || undefined}
      style={{ ...templateOf(columns), transform: `translateY(${start}px)`, height: ROW_HEIGHT }}
      onClick={() => onSelect(index)}
      onDoubleClick={() => onOpen?.(row)}
    >
      {columns.map(({ name, number, show }) => (
        // biome-ignore lint/a11y/useSemanticElements: see above
        <span key={name} role="gridcell" tabIndex={-1} data-number={number || undefined}>
          {show(row)}
        </span>
      ))}
    </div>
  );
}) as <Row>(props: TableRowProps<Row>) => ReactNode;

const templateOf = (columns: readonly { width: string }[]) => ({
  gridTemplateColumns: columns.map(({ width }) => width).join(" "),
});
