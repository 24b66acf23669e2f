import { NavLink } from "react-router";
import ui from "./ui.module.css";

/** The tabs of a page, each with an address of its own. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly { to: string; name: string; end?: boolean }[] }) {
  return (
    <nav className={ui.views} aria-label={label}>
      {tabs.map(({ to, name, end = false }) => (
        <NavLink key={to} to={to} end={end}>
          {name}
        </NavLink>
      ))}
    </nav>
  );
}
