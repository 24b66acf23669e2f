let shown = "en";

/** The language that the page is shown in: texts from the gateway are asked for in it. */
export const pageLanguage = {
  get: () => shown,
  set(language: string) {
    shown = language;
  },
};
