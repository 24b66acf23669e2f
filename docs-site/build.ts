// Builds the pages at /docs/ from docs/schema.graphql, the guides in docs/ and the OpenAPI documents.
//
//   node docs-site/build.ts
import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Marked } from "marked";
import { parse } from "yaml";
import { openapiPage } from "./openapi.ts";

const root = join(import.meta.dirname, "..");
const dist = join(import.meta.dirname, "dist");

/** The guides, in their order in the navigation: files of `docs/`. */
const guides = ["storefront", "clients", "webhooks", "federation", "points-provider", "glossary"];
/** The OpenAPI documents: files of `docs/openapi/`. */
const openapi = ["rest", "client-points"];
/** The directories that GraphQL-Markdown makes, in their order in the navigation. */
const kinds = [
  "queries",
  "mutations",
  "subscriptions",
  "objects",
  "inputs",
  "enums",
  "interfaces",
  "unions",
  "scalars",
];

interface Page {
  /** Below `/docs/`, without its extension. */
  path: string;
  title: string;
  html: string;
}

/** @returns the Markdown page of every operation and type, by its path such as `mutations/place-order` */
function referencePages(): Map<string, string> {
  const work = mkdtempSync(join(tmpdir(), "tessera-docs-"));
  const config = {
    schema: join(root, "docs/schema.graphql"),
    extensions: {
      "graphql-markdown": {
        loaders: { GraphQLFileLoader: "@graphql-tools/graphql-file-loader" },
        rootPath: work,
        baseURL: "docs",
        linkRoot: "/",
        printTypeOptions: { hierarchy: "entity" },
      },
    },
  };
  writeFileSync(join(work, ".graphqlrc.json"), JSON.stringify(config));
  execFileSync("gqlmd", ["graphql-to-doc"], { cwd: work, stdio: ["ignore", "ignore", "inherit"] });
  const out = join(work, "docs");
  const pages = new Map(
    globSync("*/*.md", { cwd: out })
      .sort()
      .map((file) => [file.slice(0, -".md".length), readFileSync(join(out, file), "utf8")]),
  );
  rmSync(work, { recursive: true });
  return pages;
}

/** GitHub's anchor of a heading, which the guides link to. */
const anchorOf = (text: string) =>
  text
    .toLowerCase()
    .replace(/<[^>]*>/g, "")
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .trim()
    .replaceAll(" ", "-");

/** Turns Markdown into HTML. Links to pages that are not on this site become their texts. */
function makeRenderer(paths: ReadonlySet<string>): Marked {
  return new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        const [, id = anchorOf(text.replace(/\]\([^)]*\)/g, "]"))] = /\\?\{#([\w-]+)\\?\}/.exec(text) ?? [];
        const words = this.parser.parseInline(tokens).replace(/\s*\{#[\w-]+\}/, "");
        return `<h${depth} id="${id}">${words}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const words = this.parser.parseInline(tokens);
        if (/^(https?:|#)/.test(href)) return `<a href="${href}">${words}</a>`;
        const [target = "", anchor] = href.split("#");
        const path = target.replace(/^\/docs\//, "").replace(/\.(md|yaml)$/, "");
        if (!paths.has(path)) return words;
        return `<a href="/docs/${path}.html${anchor ? `#${anchor}` : ""}">${words}</a>`;
      },
      table(token) {
        const cells = (row: typeof token.header, name: string) =>
          row.map(({ tokens }) => `<${name}>${this.parser.parseInline(tokens)}</${name}>`).join("");
        const rows = token.rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("\n");
        return `<div class="table"><table><thead><tr>${cells(token.header, "th")}</tr></thead><tbody>${rows}</tbody></table></div>\n`;
      },
    },
  });
}

const first = (text: string, pattern: RegExp) => pattern.exec(text)?.[1] ?? "";
const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const item = ({ path, title }: Pick<Page, "path" | "title">) =>
  `<li><a href="/docs/${path}.html">${escaped(title)}</a></li>`;
const list = (pages: Pick<Page, "path" | "title">[]) => `<ul>${pages.map(item).join("")}</ul>`;
const capitalised = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

const reference = referencePages();
const markdown = new Map<string, string>([
  ...guides.map((name): [string, string] => [name, readFileSync(join(root, `docs/${name}.md`), "utf8")]),
  ...openapi.map((name): [string, string] => {
    const file = readFileSync(join(root, `docs/openapi/${name}.yaml`), "utf8");
    return [`openapi/${name}`, openapiPage(parse(file), `${name}.yaml`)];
  }),
  ...[...reference].map(([path, text]): [string, string] => {
    const title = first(text, /^title: (.*)$/m);
    const body = text.replace(/^---[\s\S]*?\n---\n/, "").replace(/^No description$/m, "");
    return [path, `# ${title}\n\n${body}`];
  }),
]);
const render = makeRenderer(new Set(markdown.keys()));
const pages = [...markdown].map(
  ([path, text]): Page => ({
    path,
    title: first(text, /^# (.*)$/m),
    html: render.parse(text, { async: false }),
  }),
);
const below = (kind: string) => pages.filter(({ path }) => path.startsWith(`${kind}/`));
const shownKinds = kinds.filter((kind) => below(kind).length > 0);
const guidePages = pages.filter(({ path }) => guides.includes(path));

const index = `<h1>Tessera API</h1>
<p>One GraphQL endpoint, <code>/graphql</code>. Start with <a href="/docs/storefront.html">Your own storefront</a>.</p>
<h2 id="guides">Guides</h2>${list(guidePages)}
<h2 id="rest">APIs without GraphQL</h2>${list(below("openapi"))}
${shownKinds.map((kind) => `<h2 id="${kind}">${capitalised(kind)}</h2>${list(below(kind))}`).join("\n")}`;
const navigation = [
  list(guidePages),
  list(below("openapi")),
  `<ul>${shownKinds.map((kind) => `<li><a href="/docs/#${kind}">${capitalised(kind)}</a></li>`).join("")}</ul>`,
].join("");

const layout = (title: string, html: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<link rel="stylesheet" href="/docs/style.css">
<script type="module" src="/docs/search.js"></script>
</head>
<body>
<header><a href="/docs/">Tessera API</a>
<search><input type="search" aria-label="Find an operation, type or guide" placeholder="Find"><ul hidden></ul></search></header>
<nav aria-label="Documentation">${navigation}</nav>
<main>${html}</main>
</body>
</html>
`;

rmSync(dist, { recursive: true, force: true });
function write(path: string, text: string): void {
  const file = join(dist, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
write("index.html", layout("Tessera API", index));
for (const { path, title, html } of pages) write(`${path}.html`, layout(`${title} · Tessera API`, html));
write("search.json", JSON.stringify(pages.map(({ path, title }) => ({ path, title }))));
for (const name of openapi) cpSync(join(root, `docs/openapi/${name}.yaml`), join(dist, `openapi/${name}.yaml`));
for (const file of ["style.css", "search.js"]) cpSync(join(import.meta.dirname, file), join(dist, file));
