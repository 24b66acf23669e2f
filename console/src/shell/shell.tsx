import { lazy, Suspense, useEffect, useState } from "react";
import { Link, NavLink, Outlet, useLocation } from "react-router";
import { brand } from "../../../microsite/src/shell/brand.ts";
import { chooseTheme, chosenTheme, type Theme } from "../../../microsite/src/shell/theme.ts";
import { Button } from "../../../microsite/src/ui/button.tsx";
import type { OperatorRole } from "../graphql/generated/graphql.ts";
import { signOut } from "../session/session.ts";
import { useOperator } from "../session/use-operator.ts";
import styles from "./shell.module.css";

const FindDialog = lazy(() => import("../find/find-dialog.tsx"));

const pages: { path: string; name: string; roles: OperatorRole[] | null }[] = [
  { path: "/", name: "Today", roles: null },
  { path: "/orders", name: "Orders", roles: ["ORDERS", "SUPPORT"] },
  { path: "/customers", name: "Customers", roles: ["ORDERS", "SUPPORT"] },
  { path: "/catalogue", name: "Catalogue", roles: ["CATALOGUE", "SUPPORT"] },
  { path: "/earning", name: "Earning", roles: ["REWARDS", "SUPPORT"] },
  { path: "/money", name: "Money", roles: ["SUPPORT"] },
  { path: "/team", name: "Team", roles: ["SUPPORT"] },
];

const isMac = navigator.platform.startsWith("Mac");

export function Shell() {
  const { name, roles, may } = useOperator();
  const [isFindOpen, setFindOpen] = useState(false);
  const { pathname } = useLocation();

  useEffect(() => {
    const open = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      setFindOpen(true);
    };
    window.addEventListener("keydown", open);
    return () => window.removeEventListener("keydown", open);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the address closes the dialog
  useEffect(() => setFindOpen(false), [pathname]);

  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        Skip to content
      </a>
      <header className={styles.side}>
        <NavLink className={styles.brand ?? ""} to="/" end>
          <img src={brand.logo} alt="" width="28" height="28" />
          {brand.name}
        </NavLink>
        <button
          type="button"
          className={styles.find}
          onClick={() => setFindOpen(true)}
          aria-keyshortcuts="Control+K Meta+K"
        >
          <span>Find</span>
          <kbd>{isMac ? "⌘ K" : "Ctrl K"}</kbd>
        </button>
        <nav aria-label="Main" className={styles.nav}>
          {pages
            .filter(({ roles }) => roles === null || may(...roles))
            .map(({ path, name }) => (
              <NavLink key={path} to={path} end={path === "/"}>
                {name}
              </NavLink>
            ))}
        </nav>
        <div className={styles.operator}>
          <p>
            <strong>{name}</strong>
            <br />
            {roles.map((role) => role.toLowerCase()).join(", ")}
          </p>
          {name.startsWith("account:") && <Link to="/you">Your sign-in</Link>}
          <ThemeChoice />
          <Button variant="plain" onClick={() => void signOut()}>
            Sign out
          </Button>
        </div>
      </header>
      <main id="main" className={styles.main} tabIndex={-1}>
        <Outlet />
      </main>
      {isFindOpen && (
        <Suspense>
          <FindDialog onClose={() => setFindOpen(false)} />
        </Suspense>
      )}
    </div>
  );
}

function ThemeChoice() {
  const [theme, setTheme] = useState(chosenTheme);
  return (
    <select
      aria-label="Colours"
      className={styles.theme}
      value={theme}
      onChange={({ target }) => {
        chooseTheme(target.value as Theme);
        setTheme(target.value as Theme);
      }}
    >
      <option value="system">System</option>
      <option value="light">Light</option>
      <option value="dark">Dark</option>
    </select>
  );
}
