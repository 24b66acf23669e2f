// Attacks a running gateway, within bounds, and prints the measured effects.
//
//   npm run abuse [-- [--before <checkout>] [attack…]]
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openWorld, type World } from "./world.ts";

/** Measures by their names, in the order they are printed. */
export type Figures = Record<string, string>;
export interface Attack {
  env?: Record<string, string>;
  run(world: World): Promise<Figures>;
}

const { values, positionals } = parseArgs({ options: { before: { type: "string" } }, allowPositionals: true });
const here = fileURLToPath(new URL("../../", import.meta.url));
const checkouts = [...(values.before ? [["before", resolve(values.before)] as const] : []), ["now", here] as const];
const attacks = readdirSync(new URL("attacks/", import.meta.url))
  .map((file) => file.replace(/\.ts$/, ""))
  .filter((name) => positionals.length === 0 || positionals.includes(name));

for (const name of attacks) {
  const { attack } = (await import(`./attacks/${name}.ts`)) as { attack: Attack };
  const columns: { when: string; figures: Figures }[] = [];
  for (const [when, checkout] of checkouts) {
    await using world = await openWorld(checkout, attack.env);
    columns.push({ when, figures: await attack.run(world) });
  }
  const measures = [...new Set(columns.flatMap(({ figures }) => Object.keys(figures)))];
  console.log(`\n### ${name}\n| | ${columns.map(({ when }) => when).join(" | ")} |`);
  console.log(`|---|${columns.map(() => "---|").join("")}`);
  for (const measure of measures) {
    console.log(`| ${measure} | ${columns.map(({ figures }) => figures[measure] ?? "").join(" | ")} |`);
  }
}
process.exit();
