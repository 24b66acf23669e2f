/** Metrics as Prometheus reads them. */
export interface Scrape {
  text: string;
  /** The names of all families, such as `tessera_websockets`. */
  names: Set<string>;
  /** The sum of the samples of this name that have these labels; undefined if there is none. */
  value(name: string, labels?: Record<string, string>): number | undefined;
}

export async function scrape(url: string | undefined): Promise<Scrape> {
  if (url === undefined) throw new Error("nothing is measured: start the program with a METRICS_PORT");
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  const text = await response.text();
  const samples = text.split("\n").flatMap((line) => {
    const [, name = "", labels = "", value = ""] = /^([a-z_0-9]+)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
    return name === "" ? [] : [{ name, labels, value: Number(value) }];
  });
  return {
    text,
    names: new Set([...text.matchAll(/^# TYPE (\S+)/gm)].flatMap(([, name]) => name ?? [])),
    value(name, labels = {}) {
      const found = samples.filter(
        (sample) =>
          sample.name === name &&
          Object.entries(labels).every(([label, value]) => sample.labels.includes(`${label}="${value}"`)),
      );
      return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
    },
  };
}
