/** In the order of the search, because the User-Agent of a browser also names the browsers that it descends from. */
const browsers: [name: string, mark: RegExp][] = [
  ["Edge", /\bEdg(A|iOS)?\//],
  ["Samsung Internet", /\bSamsungBrowser\//],
  ["Opera", /\bOPR\//],
  ["Firefox", /\b(Firefox|FxiOS)\//],
  ["Chrome", /\b(Chrome|CriOS)\//],
  ["Safari", /\bSafari\//],
];
const systems: [name: string, mark: RegExp][] = [
  ["Android", /\bAndroid\b/],
  ["iOS", /\b(iPhone|iPad|iPod)\b/],
  ["Windows", /\bWindows\b/],
  ["macOS", /\bMacintosh\b/],
  ["Linux", /\bLinux\b/],
];

/**
 * The browser and the system by their names, such as `Chrome on Android`: enough for customers to recognise their own devices.
 *
 * @returns null for a program that names neither
 */
export function deviceNameOf(userAgent: string | undefined): string | null {
  const nameIn = (known: typeof browsers) => known.find(([, mark]) => mark.test(userAgent ?? ""))?.[0];
  const [browser, system] = [nameIn(browsers), nameIn(systems)];
  return browser && system ? `${browser} on ${system}` : (browser ?? system ?? null);
}
