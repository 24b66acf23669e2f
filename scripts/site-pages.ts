import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import MarkdownIt from "markdown-it";
import type { Plugin } from "vite";

/** A text, or an element with its children. A link is the only element with an attribute. */
export type PageNode = string | { tag: string; href?: string; children: PageNode[] };

const MODULE = "virtual:brand-pages";

/** HTML in a page stays text, and markdown-it refuses `javascript:` and `data:` links. */
const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false }).disable(["image"]);
type Token = ReturnType<typeof markdown.parse>[number];

/**
 * The title and the content of a Markdown page. No text of a page becomes HTML: the site builds elements from these
 * nodes.
 *
 * @throws Error unless the text starts with a heading of the first level, which is the title
 */
export function readPage(text: string, name: string): { title: string; content: PageNode[] } {
  const [first, heading, ...rest] = markdown.parse(text, {});
  if (first?.tag !== "h1" || !heading) throw new Error(`${name} has no title: start it with a line such as "# Help".`);
  return { title: heading.content, content: nodesOf(rest.slice(1)) };
}

function nodesOf(tokens: readonly Token[]): PageNode[] {
  const root: PageNode[] = [];
  const open: PageNode[][] = [root];
  const add = (node: PageNode) => open.at(-1)?.push(node);
  for (const token of tokens) {
    if (token.hidden) continue; // the paragraphs of a list without blank lines
    if (token.type === "inline") for (const node of nodesOf(token.children ?? [])) add(node);
    else if (token.nesting === 1) {
      const href = token.attrGet("href");
      const node = { tag: token.tag, ...(href !== null && { href: String(href) }), children: [] };
      add(node);
      open.push(node.children);
    } else if (token.nesting === -1) open.pop();
    else if (token.type === "softbreak") add("\n");
    else if (token.tag && token.content) add({ tag: token.tag, children: [token.content] });
    else if (token.tag) add({ tag: token.tag, children: [] });
    else add(token.content);
  }
  return root;
}

/**
 * The brand's own pages: `help.en.md` is the page `/info/help` in English. The footer imports a module with the titles
 * of all pages; each page is a module of its own, loaded when the page is opened.
 */
export function brandPages(folder: string): Plugin {
  return {
    name: "brand-pages",
    resolveId: { filter: { id: new RegExp(`^${MODULE}$`) }, handler: (id) => `\0${id}` },
    load: {
      filter: { id: new RegExp(`^\0${MODULE}$|/theme/pages/[^/]+\\.md$`) },
      handler(id) {
        if (id.endsWith(".md")) return asModule(readPage(readFileSync(id, "utf8"), id).content);
        const titles: Record<string, Record<string, string>> = {};
        const loaders: string[] = [];
        for (const file of readdirSync(folder).sort()) {
          const [, slug = "", language = ""] = /^([a-z-]+)\.([a-z]+)\.md$/.exec(file) ?? [];
          if (!slug) throw new Error(`${join(folder, file)} is not named like help.en.md.`);
          const path = join(folder, file);
          this.addWatchFile(path);
          titles[slug] = { ...titles[slug], [language]: readPage(readFileSync(path, "utf8"), path).title };
          loaders.push(`${JSON.stringify(`${slug}.${language}`)}: () => import(${JSON.stringify(path)})`);
        }
        const code = `export const titles = ${JSON.stringify(titles)};\nexport const loaders = {${loaders.join(",")}};`;
        return { code, moduleType: "js" };
      },
    },
  };
}

const asModule = (value: unknown) => ({
  code: `export default JSON.parse(${JSON.stringify(JSON.stringify(value))});`,
  moduleType: "js" as const,
});
