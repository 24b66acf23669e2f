import { loaders, titles } from "virtual:brand-pages";
import { createElement, Fragment, type ReactNode, use } from "react";
import { Link, useParams } from "react-router";
import type { PageNode } from "../../../scripts/site-pages.ts";
import { useI18n } from "../i18n/i18n.tsx";
import NotFoundPage from "../shell/not-found-page.tsx";
import { Page } from "../shell/page.tsx";
import { Tile } from "../ui/tile.tsx";
import styles from "./info.module.css";
import { pageLanguage } from "./info-links.ts";

const loading = new Map<string, Promise<{ default: PageNode[] }>>();

function load(name: string): Promise<{ default: PageNode[] }> {
  const promise = loading.get(name) ?? loaders[name]?.() ?? Promise.resolve({ default: [] });
  loading.set(name, promise);
  promise.catch(() => loading.delete(name)); // the next visit imports it again
  return promise;
}

/** Shows a page of the brand: help, terms, privacy or contact. English is the fallback for a missing language. */
export default function InfoPage() {
  const { language } = useI18n();
  const { slug = "" } = useParams();
  const shown = pageLanguage(slug, language);
  if (!shown) return <NotFoundPage />;
  return (
    <Page title={titles[slug]?.[shown] ?? ""} narrow>
      <Tile className={styles.text} lang={shown}>
        <Content key={`${slug}.${shown}`} name={`${slug}.${shown}`} />
      </Tile>
    </Page>
  );
}

function Content({ name }: { name: string }) {
  const { default: nodes } = use(load(name));
  return nodes.map(toElement);
}

function toElement(node: PageNode, index: number): ReactNode {
  if (typeof node === "string") return <Fragment key={index}>{node}</Fragment>;
  const children = node.children.length > 0 ? node.children.map(toElement) : undefined;
  if (node.href?.startsWith("/")) {
    return (
      <Link key={index} to={node.href}>
        {children}
      </Link>
    );
  }
  return createElement(node.tag, { key: index, ...(node.href && { href: node.href, rel: "noreferrer" }) }, children);
}
