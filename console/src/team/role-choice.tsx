import type { OperatorRole } from "../graphql/generated/graphql.ts";
import ui from "../ui/ui.module.css";

const roles: { role: OperatorRole; may: string }[] = [
  { role: "CATALOGUE", may: "rewards, stock and codes" },
  { role: "ORDERS", may: "orders: cancel, reverse, ship" },
  { role: "SUPPORT", may: "read everything except keys, record outcomes, block customers" },
  { role: "REWARDS", may: "rules, draws and messages" },
  { role: "ADMIN", may: "everything" },
];

export const RoleChoice = ({ chosen = [] }: { chosen?: readonly OperatorRole[] }) => (
  <fieldset>
    <legend>Roles</legend>
    {roles.map(({ role, may }) => (
      <label key={role} className={ui.choice}>
        <input type="checkbox" name="roles" value={role} defaultChecked={chosen.includes(role)} />
        {`${role.toLowerCase()} – ${may}`}
      </label>
    ))}
  </fieldset>
);

export const rolesOf = (fields: FormData) => fields.getAll("roles") as OperatorRole[];
export const shownRoles = (roles: readonly OperatorRole[]) => roles.map((role) => role.toLowerCase()).join(", ");
