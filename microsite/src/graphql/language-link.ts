import { ApolloLink } from "@apollo/client";
import { pageLanguage } from "../i18n/page-language.ts";

/** Asks for the texts of rewards, rules and draws in the language of the page, which the browser's own header need not name. */
export const languageLink = new ApolloLink((operation, forward) => {
  operation.setContext(({ headers }) => ({ headers: { ...headers, "accept-language": pageLanguage.get() } }));
  return forward(operation);
});
