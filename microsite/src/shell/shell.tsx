import { useQuery } from "@apollo/client/react";
import { Link, NavLink, Outlet, useLocation } from "react-router";
import { ViewerDocument } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { infoLinks } from "../info/info-links.ts";
import { useSession } from "../session/use-session.ts";
import { Icon } from "../ui/icon.tsx";
import { Notice } from "../ui/notice.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { AccountButton } from "./account-button.tsx";
import { brand } from "./brand.ts";
import { ErrorBoundary } from "./error-boundary.tsx";
import { Page } from "./page.tsx";
import styles from "./shell.module.css";
import { useOnline } from "./use-online.ts";

const destinations = [
  { to: "/", label: "nav.home", icon: "home" },
  { to: "/rewards", label: "nav.rewards", icon: "tiles" },
  { to: "/activity", label: "nav.activity", icon: "earn" },
  { to: "/cart", label: "nav.cart", icon: "bag" },
  { to: "/orders", label: "nav.orders", icon: "orders" },
] as const;

/** Navigation for a visitor who is not signed in. */
const visitorDestinations = [
  { to: "/rewards", label: "nav.rewards", icon: "tiles" },
  { to: "/signin", label: "nav.signIn", icon: "arrow" },
] as const;

/** Frame of every page: header, navigation and footer. */
export function Shell() {
  const { t, language } = useI18n();
  const isOnline = useOnline();
  const location = useLocation();
  const { kind } = useSession();
  const isSignedIn = kind === "signed-in";
  const { data } = useQuery(ViewerDocument, { skip: !isSignedIn });
  const count = data?.me?.cart.lines.reduce((sum, { quantity }) => sum + quantity, 0) ?? 0;

  // After sign-in the visitor returns to the current page.
  const from: unknown =
    location.pathname === "/signin" ? location.state : { from: location.pathname + location.search };
  const links = (isSignedIn ? destinations : visitorDestinations).map(({ to, label, icon }) => (
    <NavLink key={to} to={to} end={to === "/"} state={to === "/signin" ? from : undefined}>
      <Icon name={icon} />
      <span>{t(label)}</span>
      {to === "/cart" && count > 0 && (
        <span className={styles.count}>
          <span aria-hidden="true">{count}</span>
          <span className="sr-only">{t("nav.cartCount", { count })}</span>
        </span>
      )}
    </NavLink>
  ));

  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#content" data-screen-only>
        {t("nav.skip")}
      </a>
      <header className={styles.bar} data-screen-only>
        <div className={styles.inner}>
          <Link className={styles.brand} to="/">
            <img src={brand.logo} alt="" width={30} height={30} />
            <span>{brand.name}</span>
          </Link>
          {kind !== "unknown" && (
            <nav className={styles.nav} aria-label={t("nav.label")}>
              {links}
            </nav>
          )}
          <div className={styles.end}>
            <AccountButton />
          </div>
        </div>
      </header>
      <div className={styles.notices} data-screen-only>
        {!isOnline && (
          <Notice tone="calm" title={t("offline.title")}>
            {t("offline.text")}
          </Notice>
        )}
      </div>
      <main id="content" tabIndex={-1}>
        <ErrorBoundary
          at={location.key}
          waiting={<LoadingPage />}
          frame={(message) => (
            <Page title={t("error.page")} narrow>
              {message}
            </Page>
          )}
        >
          <Outlet />
        </ErrorBoundary>
      </main>
      <footer className={styles.footer} data-screen-only>
        <nav aria-label={t("footer.label", { brand: brand.name })}>
          {infoLinks(language).map(({ to, title, lang }) => (
            <Link key={to} to={to} lang={lang}>
              {title}
            </Link>
          ))}
          {brand.supportUrl && (
            <a href={brand.supportUrl} rel="noreferrer">
              {t("footer.support")}
            </a>
          )}
        </nav>
        <p>{brand.name}</p>
      </footer>
      {kind !== "unknown" && (
        <nav className={styles.tabs} aria-label={t("nav.label")} data-screen-only>
          {links}
        </nav>
      )}
    </div>
  );
}

/** Shows a placeholder while a page loads. */
export function LoadingPage() {
  return (
    <div className={styles.page}>
      <div className={styles.waiting}>
        <Skeleton width="12rem" height="2.6rem" />
        <Skeleton height="14rem" />
      </div>
    </div>
  );
}
