import { ApolloLink } from "@apollo/client";
import { pageLanguage } from "../i18n/page-language.ts";

/**
 * Requests the texts of rewards, rules and draws in the page's language, which the browser's own header may not name.
 */
export const languageLink = new ApolloLink((operation, forward) => {
  operation.setContext(({ headers }) => ({ headers: { ...headers, "accept-language": pageLanguage.get() } }));
  return forward(operation);
});
