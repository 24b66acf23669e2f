let shown = "en";

/** The page's language. Requests to the gateway send it. */
export const pageLanguage = {
  get: () => shown,
  set(language: string) {
    shown = language;
  },
};
