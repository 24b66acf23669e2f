let current = "en";

/** The page's language. Requests to the gateway send it. */
export const pageLanguage = {
  get: () => current,
  set(language: string) {
    current = language;
  },
};
