import "graphiql/setup-workers/vite";
import "@graphiql/react/font/fira-code.css";
import "@graphiql/react/font/roboto.css";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "@graphiql/plugin-explorer/style.css";
import "graphiql/graphiql.css";
import "./style.css";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { type MonacoEditor, useGraphiQL } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { fetcher } from "./fetcher.ts";
import logo from "./logo.svg";
import { fillHeaders, fillVariables, onValuesChanged, storage } from "./placeholders.ts";
import { SampleSignIn } from "./sample-sign-in.tsx";
import { readSettings } from "./settings.ts";
import { openLastTab, openSharedTab } from "./stored-tabs.ts";
import { createTabs } from "./tabs.ts";
import { Tools } from "./tools.tsx";

const HEADERS = '{ "authorization": "" }';
const SCALARS = { DateTime: { type: "string" }, Date: { type: "string" }, Points: { type: "integer", minimum: 0 } };

const { sandboxUrl, signInPath } = await readSettings();
const tabs = createTabs(sandboxUrl);
const plugins = [HISTORY_PLUGIN, explorerPlugin()];

/** Updates the sandbox address in stored tabs: an earlier sandbox may have used another port. */
function updateSandboxUrl(url: string): void {
  const stored = storage.getItem("graphiql:tabState");
  if (stored) storage.setItem("graphiql:tabState", stored.replace(/https?:\/\/[^/'\s]+(?=\/__sandbox\/)/g, url));
}

function rewrite(editor: MonacoEditor | undefined, change: (text: string) => string): void {
  const text = editor?.getValue() ?? "";
  const changed = change(text);
  if (changed !== text) editor?.setValue(changed);
}

/** Fills the open tab with values from earlier responses. */
function PlaceholderFiller() {
  const [notice, setNotice] = useState(0);
  const { tabId, query, variables, headers } = useGraphiQL((state) => ({
    tabId: state.tabs[state.activeTabIndex]?.id ?? "",
    query: state.queryEditor,
    variables: state.variableEditor,
    headers: state.headerEditor,
  }));
  useEffect(() => {
    for (const editor of [query, variables, headers]) editor?.updateOptions({ wordWrap: "on" });
  }, [query, variables, headers]);
  useEffect(() => {
    const fillPlaceholders = (signedIn: boolean) => {
      rewrite(variables, (text) => fillVariables(tabId, text));
      rewrite(headers, (text) => fillHeaders(text, signedIn));
      if (signedIn) setNotice((count) => count + 1);
    };
    onValuesChanged(fillPlaceholders);
    fillPlaceholders(false);
  }, [tabId, variables, headers]);
  return notice ? (
    <output className="tessera-notice" key={notice}>
      Signed in: the access token is in the Headers tab
    </output>
  ) : null;
}

/** Replaces the page with an error message: after an uncaught error React removes GraphiQL from the page. */
function showFailure(error: unknown): void {
  reportError(error);
  const message = document.createElement("p");
  message.textContent = `GraphiQL has stopped: ${error instanceof Error ? error.message : String(error)}. Your tabs are kept.`;
  const reload = document.createElement("button");
  reload.textContent = "Reload";
  reload.onclick = () => location.reload();
  const failure = document.createElement("div");
  failure.className = "tessera-failure";
  failure.role = "alert";
  failure.append(message, reload);
  document.body.replaceChildren(failure);
}

const root = document.getElementById("root");
if (!root) throw new Error("The page has no #root.");
if (sandboxUrl) updateSandboxUrl(sandboxUrl);
openSharedTab(tabs);
openLastTab(tabs);
// Pasting a share link into an open page changes only the hash, so the page must reload.
addEventListener("hashchange", () => location.reload());
// Monaco measures its font once, at start.
await document.fonts.load('15px "Fira Code"').catch(() => []);
createRoot(root, { onUncaughtError: showFailure }).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={plugins}
    storage={storage}
    defaultTabs={tabs}
    defaultHeaders={HEADERS}
    defaultEditorToolsVisibility="variables"
    shouldPersistHeaders={false}
    customScalarSchemas={SCALARS}
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>
      <div className="tessera-logo">
        <img src={logo} alt="" />
        Tessera
      </div>
    </GraphiQL.Logo>
    <PlaceholderFiller />
    <GraphiQL.Footer>
      <Tools tabs={tabs} />
      {signInPath && <SampleSignIn path={signInPath} />}
    </GraphiQL.Footer>
  </GraphiQL>,
);
