export type Theme = "system" | "light" | "dark";

const KEY = "tessera.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

export const chosenTheme = (): Theme => {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
};

function show(): void {
  const theme = chosenTheme();
  document.documentElement.dataset["theme"] = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  show();
}

/** Applies the chosen theme, or follows the system's theme. */
export function startTheme(): void {
  show();
  dark.addEventListener("change", show);
  window.addEventListener("storage", ({ key }) => key === KEY && show());
}
