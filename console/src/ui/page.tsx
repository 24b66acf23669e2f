import type { ErrorLike } from "@apollo/client";
import type { ReactNode } from "react";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import styles from "./ui.module.css";
import { useTitle } from "./use-title.ts";

/** A page with its heading, which is also the title of the tab. */
export function Page(props: { title: string; badge?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  const { title, badge, actions, children } = props;
  useTitle(title);
  return (
    <>
      <header className={styles.head}>
        <h1>
          {title} {badge}
        </h1>
        {actions}
      </header>
      <div className={styles.stack}>{children}</div>
    </>
  );
}

export function Card(props: { title?: string; aside?: ReactNode; children: ReactNode; label?: string }) {
  const { title, aside, children, label } = props;
  return (
    <section className={styles.card} aria-label={title ?? label}>
      {title && (
        <header>
          <h2>{title}</h2>
          {aside}
        </header>
      )}
      {children}
    </section>
  );
}

/** The reason why a part of the page cannot be shown, with a next step. */
export function Failure({ error, retry }: { error: ErrorLike | undefined; retry(): unknown }) {
  if (!error) return null;
  return (
    <Notice tone="bad" title="This could not be loaded.">
      <p>{error.message}</p>
      <p>
        <Button variant="plain" onClick={() => void retry()}>
          Try again
        </Button>
      </p>
    </Notice>
  );
}

export const Facts = ({ children }: { children: ReactNode }) => <dl className={styles.facts}>{children}</dl>;
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export const Empty = ({ children }: { children: ReactNode }) => <p className={styles.empty}>{children}</p>;
export const Waiting = () => (
  <p className={styles.empty} role="status">
    Loading …
  </p>
);
