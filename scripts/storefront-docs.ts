// Writes the table of refusals in docs/storefront.md from the descriptions in schema/.
//
//   npm run storefront:docs
import "./explain-errors.ts";
import { readFile, writeFile } from "node:fs/promises";
import { withRefusals } from "./storefront/refusals.ts";

const page = new URL("../docs/storefront.md", import.meta.url);
await writeFile(page, withRefusals(await readFile(page, "utf8")));
