import { useGraphiQL } from "@graphiql/react";
import { useState } from "react";
import { withPlaceholders } from "./placeholders.ts";
import { addTabs, linkTo, type NewTab, resetTabs } from "./stored-tabs.ts";
import { operatorTabs } from "./tabs.ts";

/** Toolbar: the documentation, a share link for the open tab, and the sets of tabs. */
export function Tools({ tabs }: { tabs: NewTab[] }) {
  const { query, variables } = useGraphiQL((state) => ({ query: state.queryEditor, variables: state.variableEditor }));
  const [shared, setShared] = useState("");

  async function share() {
    const link = linkTo({
      query: query?.getValue() ?? "",
      variables: withPlaceholders(variables?.getValue() ?? ""),
    });
    setShared(link);
    await navigator.clipboard?.writeText(link).catch(() => {}); // the page also shows the link
  }

  return (
    <div className="tessera-tools">
      <a className="graphiql-button" href="/docs/">
        Documentation
      </a>
      <button type="button" className="graphiql-button" onClick={() => void share()}>
        Share
      </button>
      <button
        type="button"
        className="graphiql-button"
        onClick={() => {
          addTabs(operatorTabs, tabs);
          location.reload();
        }}
      >
        Operator tabs
      </button>
      <button
        type="button"
        className="graphiql-button"
        onClick={() => {
          if (!confirm("Close all tabs and open the first ones again?")) return;
          resetTabs();
          location.reload();
        }}
      >
        Reset tabs
      </button>
      {shared && (
        <label>
          Copied, without headers: <input readOnly value={shared} onFocus={(event) => event.target.select()} />
        </label>
      )}
    </div>
  );
}
