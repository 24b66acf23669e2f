import type { TabsState } from "@graphiql/react";
import { storage } from "./carry.ts";

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
    return undefined; // the first visit
  }
}

const stored = ({ query, variables }: NewTab): TabsState["tabs"][number] => ({
  id: crypto.randomUUID(),
  hash: "",
  title: /(?:query|mutation|subscription)\s+(\w+)/.exec(query)?.[1] ?? "<untitled>",
  query,
  variables,
  headers: null,
  operationName: null,
  response: null,
});

/** Adds tabs behind those of the last visit, or behind the default ones, and makes the first of the new ones the open tab. */
export function addTabs(added: NewTab[], defaults: NewTab[]): void {
  const before = readState()?.tabs ?? defaults.map(stored);
  const state: TabsState = { tabs: [...before, ...added.map(stored)], activeTabIndex: before.length };
  storage.setItem(KEY, JSON.stringify(state));
}

/** Forgets all tabs, so that the next load shows the default ones. */
export function resetTabs(): void {
  for (const key of [KEY, "graphiql:query", "graphiql:variables", "graphiql:operationName"]) storage.setItem(key, "");
}

/** GraphiQL opens the document last edited, in whichever tab has it; this makes it the tab last open. */
export function openLastTab(defaults: NewTab[]): void {
  const state = readState();
  const tab = state ? state.tabs[state.activeTabIndex] : defaults[0];
  storage.setItem("graphiql:query", tab?.query ?? "");
  storage.setItem("graphiql:variables", tab?.variables ?? "");
}

/** An address that opens a tab with this text. Its hash, unlike its query string, is never sent to a server. */
export function linkTo({ query, variables }: NewTab): string {
  return `${location.origin}${location.pathname}${PREFIX}${encodeURIComponent(JSON.stringify({ query, variables }))}`;
}

/** Opens the tab that the address has, and takes it out of the address. */
export function openSharedTab(defaults: NewTab[]): void {
  if (!location.hash.startsWith(PREFIX)) return;
  try {
    const { query, variables } = JSON.parse(decodeURIComponent(location.hash.slice(PREFIX.length)));
    if (typeof query === "string") addTabs([{ query, variables: String(variables ?? "") }], defaults);
  } catch {
    // The link is incomplete: the tabs stay as they are.
  }
  history.replaceState(null, "", location.pathname);
}
