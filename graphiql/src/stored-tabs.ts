import type { TabsState } from "@graphiql/react";
import { storage } from "./placeholders.ts";

export interface NewTab {
  query: string;
  variables: string;
}

const KEY = "graphiql:tabState";
const PREFIX = "#query=";

function readState(): TabsState | undefined {
  try {
    return JSON.parse(storage.getItem(KEY) ?? "");
  } catch {
    return undefined; // first visit
  }
}

const toStoredTab = ({ query, variables }: NewTab): TabsState["tabs"][number] => ({
  id: crypto.randomUUID(),
  hash: "",
  title: /(?:query|mutation|subscription)\s+(\w+)/.exec(query)?.[1] ?? "<untitled>",
  query,
  variables,
  headers: null,
  operationName: null,
  response: null,
});

/** Adds tabs after the stored tabs, or after the defaults on a first visit, and opens the first added tab. */
export function addTabs(newTabs: NewTab[], defaults: NewTab[]): void {
  const before = readState()?.tabs ?? defaults.map(toStoredTab);
  const state: TabsState = { tabs: [...before, ...newTabs.map(toStoredTab)], activeTabIndex: before.length };
  storage.setItem(KEY, JSON.stringify(state));
}

/** Deletes the stored tabs, so the next load shows the defaults. */
export function resetTabs(): void {
  for (const key of [KEY, "graphiql:query", "graphiql:variables", "graphiql:operationName"]) storage.setItem(key, "");
}

/** GraphiQL opens the document edited last, in any tab that contains it. This function selects the tab opened last. */
export function openLastTab(defaults: NewTab[]): void {
  const state = readState();
  const tab = state ? state.tabs[state.activeTabIndex] : defaults[0];
  storage.setItem("graphiql:query", tab?.query ?? "");
  storage.setItem("graphiql:variables", tab?.variables ?? "");
}

/**
 * Returns an address that opens a tab with this query. The browser sends the query string to servers but never the
 * hash.
 */
export function linkTo({ query, variables }: NewTab): string {
  return `${location.origin}${location.pathname}${PREFIX}${encodeURIComponent(JSON.stringify({ query, variables }))}`;
}

/** Opens the tab from the address and removes it from the address. */
export function openSharedTab(defaults: NewTab[]): void {
  if (!location.hash.startsWith(PREFIX)) return;
  try {
    const { query, variables } = JSON.parse(decodeURIComponent(location.hash.slice(PREFIX.length)));
    if (typeof query === "string") addTabs([{ query, variables: String(variables ?? "") }], defaults);
  } catch {
    // The link is incomplete: leave the tabs unchanged.
  }
  history.replaceState(null, "", location.pathname);
}
