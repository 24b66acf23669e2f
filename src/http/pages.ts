import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import { type Brand, type BrandedPage, brandManifest, brandPage, MANIFEST_PATH } from "../brand/index.ts";
import { packageFile } from "../package-file.ts";
import { acceptsHtml, sendError, varyByAccept } from "./error-page.ts";
import type { SignInPathOf } from "./graphiql-settings.ts";

/** For folders whose file names carry a hash of the content. */
const forever = "public, max-age=31536000, immutable";

const graphiqlPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * Forbids inline code, foreign resources except pictures of rewards, and text that becomes code.
 *
 * @param styleSource the hash of the style sheet with the brand's colours
 * @param trustedTypes the policy that may name the worker of notifications; the console registers no worker
 */
const pagePolicy = (styleSource = "", trustedTypes = "push-worker") =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' ${styleSource}`.trimEnd(),
    "img-src 'self' https:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    `trusted-types ${trustedTypes}`,
  ].join("; ");

const documentationPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** The paths of the microsite's router: see `microsite/src/app.tsx`. */
const micrositePaths = [
  "/",
  "/signin",
  "/rewards",
  "/rewards/:sku",
  "/activity",
  "/cart",
  "/checkout",
  "/orders",
  "/orders/:id",
  "/vouchers",
  "/statement",
  "/invite",
  "/invite/:code",
  "/notifications",
  "/info/:slug",
];

/** The reward images, the microsite, and outside production GraphiQL; and the answer to unknown addresses. */
export function mountPages(
  fastify: FastifyInstance,
  deps: {
    isProduction: boolean;
    signInPathOf: SignInPathOf;
    publicOrigin: string | undefined;
    brand(): Promise<Brand>;
  },
): void {
  const { isProduction, signInPathOf, publicOrigin, brand } = deps;
  const factsOf = (request: FastifyRequest): PageFacts => ({
    signInPath: signInPathOf(request),
    publicOrigin,
    brand,
  });
  fastify.register(fastifyStatic, {
    root: packageFile("assets"),
    prefix: "/assets/",
    maxAge: "1h",
    // An SVG opened by itself is a document: its policy blocks scripts and resources.
    setHeaders: (response) =>
      void response.header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'"),
  });
  mountMicrosite(fastify, factsOf);
  mountManifest(fastify, brand);
  mountConsole(fastify, brand);
  mountDocumentation(fastify);
  if (!isProduction) mountGraphiql(fastify);
  fastify.setNotFoundHandler((request, reply) => sendNotFound(fastify, request, reply, factsOf(request)));
}

const methods: HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/**
 * Answers a request without a route: 405 if the address has another method, else 404. A browser gets the site, whose
 * router shows *Page not found* in the reader's language.
 */
async function sendNotFound(fastify: FastifyInstance, request: FastifyRequest, reply: FastifyReply, facts: PageFacts) {
  const { method } = request;
  const [path = ""] = request.url.split("?");
  const isPlain = /^[\w/-]+$/.test(path); // `hasRoute` would read other characters as a pattern
  const allowed = isPlain ? methods.filter((other) => fastify.hasRoute({ method: other, url: path })) : [];
  if (allowed.length > 0) {
    const allow = allowed.join(", ");
    return sendError(request, reply.header("allow", allow), 405, `${path} accepts only ${allow}, not ${method}.`);
  }
  const isVisit = (method === "GET" || method === "HEAD") && acceptsHtml(request.headers);
  if (isVisit && existsSync(site)) return sendSite(varyByAccept(reply.code(404)), "no-store", facts);
  return sendError(request, reply, 404, `No page is served at this address: ${method} ${path}`);
}

/** The manifests of the documents of the built microsite and console, if present, and of earlier builds. */
export function siteManifests(): { newest: string[]; earlier: string[] } {
  const sites = ["microsite", "console"];
  const newest = sites.map((name) => packageFile(`${name}/dist/documents.json`));
  const folders = sites.map((name) => packageFile(`${name}/dist/documents/`)); // see `scripts/keep-builds.ts`
  return {
    newest: newest.filter((file) => existsSync(file)),
    earlier: folders
      .filter((folder) => existsSync(folder))
      .flatMap((folder) => readdirSync(folder).map((file) => folder + file)),
  };
}

const site = packageFile("microsite/dist/index.html");

interface PageFacts {
  /** The path of the one-click sign-in for development; undefined if the gateway does not offer it. */
  signInPath: string | undefined;
  publicOrigin: string | undefined;
  brand(): Promise<Brand>;
}

/**
 * The microsite's page with the brand, and an element for the sign-in in development. Services that preview a shared link require the
 * picture's address with its origin.
 */
async function readPage({ signInPath, publicOrigin = "", brand }: PageFacts): Promise<BrandedPage> {
  const built = await readFile(site, "utf8"); // read each time, because a developer may rebuild it
  const page = built.replace(/(?<=property="og:image" content=")(?=\/)/, publicOrigin);
  const { html, styleSource } = brandPage(page, await brand(), publicOrigin);
  if (signInPath === undefined) return { html, styleSource };
  const signIn = `<meta name="development-sign-in" content="${signInPath}" />`;
  return { html: html.replace("</head>", `${signIn}</head>`), styleSource };
}

const consolePage = packageFile("console/dist/index.html");

/** The console: one page for each address below `/console/`, whose router shows *Page not found*. */
function mountConsole(fastify: FastifyInstance, brand: () => Promise<Brand>): void {
  if (!existsSync(consolePage)) return;
  mountBuiltFiles(fastify, "console/dist/site", "/console/site/");
  fastify.get("/console", (_, reply) => reply.redirect("/console/"));
  fastify.get("/console/*", async (_, reply) =>
    sendPage(
      reply.header("x-robots-tag", "noindex"),
      brandPage(await readFile(consolePage, "utf8"), await brand()),
      "no-cache",
      "'none'",
    ),
  );
}

/** The scripts, styles and typefaces of a build, whose names change with their contents. */
function mountBuiltFiles(fastify: FastifyInstance, directory: string, prefix: string): void {
  fastify.register(fastifyStatic, {
    root: packageFile(directory),
    prefix,
    decorateReply: false,
    preCompressed: true,
    setHeaders: (response) =>
      void response
        .header("cache-control", forever)
        .header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'"),
  });
}

const sendSite = async (reply: FastifyReply, cacheControl: string, facts: PageFacts) =>
  sendPage(reply, await readPage(facts), cacheControl);

const sendPage = (
  reply: FastifyReply,
  { html, styleSource }: BrandedPage,
  cacheControl: string,
  trustedTypes?: string,
) =>
  reply
    .type("text/html; charset=utf-8")
    .header("cache-control", cacheControl)
    .header("content-security-policy", pagePolicy(styleSource, trustedTypes))
    .header("cross-origin-opener-policy", "same-origin")
    .header("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=()")
    .header("referrer-policy", "no-referrer")
    .send(html);

function mountMicrosite(fastify: FastifyInstance, factsOf: (request: FastifyRequest) => PageFacts): void {
  if (!existsSync(site)) return;
  for (const path of micrositePaths) {
    // The address of `/signin` may hold the token of a sign-in link: no cache stores it, and no referrer reveals it.
    fastify.get(path, (request, reply) =>
      sendSite(reply, path === "/signin" ? "no-store" : "no-cache", factsOf(request)),
    );
  }
  mountBuiltFiles(fastify, "microsite/dist/site", "/site/");
  // At the top, because a worker may serve only the pages below its own address.
  fastify.get("/push-worker.js", async (_, reply) =>
    reply
      .type("text/javascript; charset=utf-8")
      .header("cache-control", "no-cache")
      .header("content-security-policy", "default-src 'none'")
      .send(await readFile(packageFile("microsite/dist/push-worker.js"), "utf8")),
  );
}

/** The manifest of the installed app with the brand's name and logo: `brandPage` links to it. */
function mountManifest(fastify: FastifyInstance, brand: () => Promise<Brand>): void {
  if (!existsSync(site)) return;
  fastify.get(MANIFEST_PATH, async (request, reply) => {
    const [, path] = /<link rel="manifest" href="([^"]*)"/.exec(await readFile(site, "utf8")) ?? [];
    if (path === undefined) return sendError(request, reply, 404, "The built site has no manifest.");
    const built = await readFile(packageFile(`microsite/dist${path}`), "utf8");
    return reply
      .header("cache-control", "no-cache")
      .type("application/manifest+json")
      .send(brandManifest(built, await brand()));
  });
}

/** The API's documentation at `/docs/`, which `docs-site/build.ts` generates from the schema and the guides. */
function mountDocumentation(fastify: FastifyInstance): void {
  if (!existsSync(packageFile("docs-site/dist"))) return;
  fastify.register(fastifyStatic, {
    root: packageFile("docs-site/dist"),
    prefix: "/docs/",
    decorateReply: false,
    dotfiles: "ignore",
    setHeaders: (response) =>
      void response.header("cache-control", "no-cache").header("content-security-policy", documentationPolicy),
  });
  fastify.get("/docs", (_, reply) => reply.redirect("/docs/"));
}

function mountGraphiql(fastify: FastifyInstance): void {
  if (!existsSync(packageFile("graphiql/dist"))) return;
  fastify.register(fastifyStatic, {
    root: packageFile("graphiql/dist"),
    prefix: "/graphiql/",
    decorateReply: false,
    dotfiles: "ignore",
    setHeaders(response, path) {
      response.header("content-security-policy", graphiqlPolicy);
      response.header("cache-control", path.includes("/dist/assets/") ? forever : "no-cache");
    },
  });
  fastify.get("/graphiql", (_, reply) => reply.redirect("/graphiql/"));
}
