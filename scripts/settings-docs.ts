// Generates files from the schema of the settings (src/config/settings.ts): docs/settings.md, .env.example, and the
// names that the Helm chart accepts.
//
//   npm run settings:docs
import { readFile, writeFile } from "node:fs/promises";
import { chartSchema, envExample, settingsTable } from "./settings/describe.ts";

const page = "docs/settings.md";
const before = await readFile(page, "utf8");
const marked = /(<!-- settings:[^>]*-->\n)[\s\S]*?(<!-- \/settings -->)/;
if (!marked.test(before)) throw new Error(`${page} has no marks <!-- settings: … --> and <!-- /settings -->.`);
await writeFile(
  page,
  before.replace(marked, (_, start: string, end: string) => start + settingsTable() + end),
);
await writeFile(".env.example", envExample());
const ofChart = "deploy/helm/tessera/values.schema.json";
await writeFile(ofChart, chartSchema(await readFile(ofChart, "utf8")));
