import "./session/sign-in-link.ts";
import "./ui/base.css";
import { ApolloProvider } from "@apollo/client/react";
import { createRoot } from "react-dom/client";
import { App, preload } from "./app.tsx";
import { client } from "./graphql/client.ts";
import { I18nProvider, loadFailureText, loadMessages, preferredLanguage } from "./i18n/i18n.tsx";
import { pageLanguage } from "./i18n/page-language.ts";
import { ErrorBoundary } from "./shell/error-boundary.tsx";
import { isReachable, reloadOnce } from "./shell/new-version.ts";
import { startTheme } from "./shell/theme.ts";

const root = document.getElementById("root");
if (!root) throw new Error("The page has no #root.");
startTheme();
preload(location.pathname);
const language = preferredLanguage();
pageLanguage.set(language);
const messages = await loadMessages(language).catch(async (error: unknown) => {
  root.textContent = loadFailureText[language];
  window.addEventListener("online", () => location.reload());
  if (await isReachable()) reloadOnce();
  throw error;
});
createRoot(root).render(
  <ApolloProvider client={client}>
    <I18nProvider language={language} messages={messages}>
      <ErrorBoundary>
        <App />
      </ErrorBoundary>
    </I18nProvider>
  </ApolloProvider>,
);
