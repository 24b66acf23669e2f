import type { ReactNode } from "react";
import { NavLink } from "react-router";
import type { OperatorRole } from "../graphql/generated/graphql.ts";
import { useOperator } from "../session/use-operator.ts";
import { Page } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";

const tabs: { path: string; name: string; roles: OperatorRole[] }[] = [
  { path: "/team", name: "People", roles: ["ADMIN"] },
  { path: "/team/keys", name: "Keys", roles: ["ADMIN"] },
  { path: "/team/webhooks", name: "Webhooks", roles: ["ADMIN"] },
  { path: "/team/brand", name: "Brand", roles: ["ADMIN"] },
  { path: "/team/audit", name: "Audit log", roles: ["SUPPORT"] },
];

/** A page below Team, with tabs for the other pages that the operator may see. */
export function TeamPage({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  const { may } = useOperator();
  return (
    <Page title={title} actions={actions}>
      <nav className={ui.views} aria-label="Team">
        {tabs
          .filter(({ roles }) => may(...roles))
          .map(({ path, name }) => (
            <NavLink key={path} to={path} end>
              {name}
            </NavLink>
          ))}
      </nav>
      {children}
    </Page>
  );
}
