// Updates docs/storefront.md: the table of refusals from the descriptions in schema/, and the samples from examples/.
//
//   npm run storefront:docs
import "./explain-errors.ts";
import { readFile, writeFile } from "node:fs/promises";
import { withRefusals } from "./storefront/refusals.ts";
import { withSamples } from "./storefront/samples.ts";

const page = new URL("../docs/storefront.md", import.meta.url);
await writeFile(page, withSamples(withRefusals(await readFile(page, "utf8"))));
