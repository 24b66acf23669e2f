import { useQuery } from "@apollo/client/react";
import { type KeyboardEvent, useDeferredValue, useState } from "react";
import { useNavigate } from "react-router";
import { Dialog } from "../../../microsite/src/ui/dialog.tsx";
import { FindDocument, type FindQuery } from "../graphql/generated/graphql.ts";
import { words } from "../ui/format.ts";
import styles from "./find.module.css";

type Hit = Pick<FindQuery["search"][number], "match" | "text" | "detail"> & { path: string };

const KEY = "tessera.console.recent";
const MAX_RECENT = 8;

const recentHits = (): Hit[] => {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(stored) ? (stored as Hit[]) : [];
  } catch {
    return [];
  }
};
function addRecent(hit: Hit): void {
  const others = recentHits().filter(({ path }) => path !== hit.path);
  sessionStorage.setItem(KEY, JSON.stringify([hit, ...others].slice(0, MAX_RECENT)));
}

function pathOf({ order, customer, reward }: FindQuery["search"][number]): string | null {
  if (order) return `/orders/${order.number}`;
  if (customer) return `/customers/${encodeURIComponent(customer.customerId)}`;
  return reward ? `/catalogue/${encodeURIComponent(reward.sku)}` : null;
}

/** Searches all records by any id, number or name that people quote. The keyboard alone is enough. */
export default function FindDialog({ onClose }: { onClose(): void }) {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const searchText = useDeferredValue(text.trim());
  const isSearching = searchText.length >= 2;
  const { data, loading, error } = useQuery(FindDocument, {
    variables: { text: searchText },
    skip: !isSearching,
    fetchPolicy: "network-only",
  });
  const navigate = useNavigate();
  const found = (data?.search ?? []).flatMap((hit): Hit[] => {
    const path = pathOf(hit);
    return path === null ? [] : [{ match: hit.match, text: hit.text, detail: hit.detail, path }];
  });
  const hits = isSearching ? found : recentHits();
  const active = Math.min(chosen, hits.length - 1);

  function open(hit: Hit | undefined) {
    if (!hit) return;
    addRecent(hit);
    onClose();
    void navigate(hit.path);
  }
  function onKeyDown(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && hits.length > 0) {
      event.preventDefault();
      setChosen((active + step + hits.length) % hits.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      open(hits[active]);
    }
  }

  return (
    <Dialog title="Find" isOpen onClose={onClose}>
      <div className={styles.find}>
        <input
          autoFocus
          type="search"
          role="combobox"
          aria-label="Order number, customer, last characters of a voucher code, reference, ticket or reward"
          aria-expanded={hits.length > 0}
          aria-controls="found"
          aria-activedescendant={hits.length > 0 ? `found-${active}` : undefined}
          placeholder="Order number, customer, last characters of a voucher code …"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={({ target }) => {
            setText(target.value);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
        />
        {!isSearching && hits.length > 0 && <p className={styles.label}>Recently opened</p>}
        <div id="found" role="listbox" aria-label="Results" className={styles.hits}>
          {hits.map((hit, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the input handles the keys
            <div
              key={`${hit.path} ${hit.match} ${hit.text}`}
              id={`found-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === active}
              onClick={() => open(hit)}
            >
              <span>
                <strong>{hit.text}</strong>
                <br />
                {hit.detail}
              </span>
              <small>{words(hit.match)}</small>
            </div>
          ))}
        </div>
        <p role="status" className={styles.label}>
          {error?.message ??
            (isSearching && !loading && data && hits.length === 0
              ? "No results. Check the spelling, or enter only the first characters."
              : "")}
        </p>
      </div>
    </Dialog>
  );
}
