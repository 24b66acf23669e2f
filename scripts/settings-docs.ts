// Writes what tells of the settings from their schema (src/config/settings.ts): the README's table, .env.example, and the names
// that the Helm chart accepts.
//
//   npm run settings:docs
import { readFile, writeFile } from "node:fs/promises";
import { chartSchema, envExample, settingsTable } from "./settings/describe.ts";

const readme = await readFile("README.md", "utf8");
const marked = /(<!-- settings:[^>]*-->\n)[\s\S]*?(<!-- \/settings -->)/;
if (!marked.test(readme)) throw new Error("README.md has no marks <!-- settings: … --> and <!-- /settings -->.");
await writeFile(
  "README.md",
  readme.replace(marked, (_, start: string, end: string) => start + settingsTable() + end),
);
await writeFile(".env.example", envExample());
const ofChart = "deploy/helm/tessera/values.schema.json";
await writeFile(ofChart, chartSchema(await readFile(ofChart, "utf8")));
