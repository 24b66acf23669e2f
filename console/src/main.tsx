import "../../microsite/src/ui/base.css";
import "./ui/console.css";
import { ApolloProvider } from "@apollo/client/react";
import { createRoot } from "react-dom/client";
import { startTheme } from "../../microsite/src/shell/theme.ts";
import { App } from "./app.tsx";
import { client } from "./graphql/client.ts";

const root = document.getElementById("root");
if (!root) throw new Error("The page has no #root.");
startTheme();
createRoot(root).render(
  <ApolloProvider client={client}>
    <App />
  </ApolloProvider>,
);
