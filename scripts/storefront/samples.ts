import { readFileSync } from "node:fs";
import { basename, extname } from "node:path";

const SAMPLE = /(<!-- sample: (\S+) -->\n)[\s\S]*?(<!-- \/sample -->)/g;
const LANGUAGES = new Map([[".mjs", "js"]]);

/** The page with the current repository file after each `<!-- sample: path -->`. */
export function withSamples(page: string): string {
  return page.replace(SAMPLE, (_, begin: string, path: string, end: string) => {
    const text = readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
    const extension = extname(path);
    const language = LANGUAGES.get(extension) ?? extension.slice(1);
    return `${begin}\`${basename(path)}\`\n\n\`\`\`${language}\n${text}\`\`\`\n${end}`;
  });
}
