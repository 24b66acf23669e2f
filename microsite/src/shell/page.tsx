import { type ReactNode, useEffect, useRef } from "react";
import { NavigationType, useLocation, useNavigationType } from "react-router";
import { brand } from "./brand.ts";
import styles from "./shell.module.css";

let isFirst = true;

/**
 * A page with its title. The title is also the window's, and gets the focus after navigation so that screen readers
 * start there.
 */
export function Page(props: {
  title: string;
  lead?: ReactNode;
  aside?: ReactNode;
  narrow?: boolean;
  children: ReactNode;
}) {
  const { title, lead, aside, narrow = false, children } = props;
  const heading = useRef<HTMLHeadingElement>(null);
  const { pathname } = useLocation();
  const navigationType = useNavigationType();

  useEffect(() => {
    document.title = `${title} · ${brand.name}`;
  }, [title]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another page of the same kind also starts at its top.
  useEffect(() => {
    if (isFirst) {
      isFirst = false;
      return;
    }
    if (navigationType !== NavigationType.Pop) window.scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, [pathname]);

  return (
    <div className={styles.page} data-narrow={narrow || undefined}>
      <header className={styles.title}>
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead && <div className={styles.lead}>{lead}</div>}
        </div>
        {aside}
      </header>
      {children}
    </div>
  );
}
