import { createContext, useContext } from "react";
import type { OperatorQuery, OperatorRole } from "../graphql/generated/graphql.ts";

export type Operator = NonNullable<OperatorQuery["operator"]>;

export const OperatorContext = createContext<Operator | null>(null);

/** The operator who is signed in. */
export function useOperator(): Operator & { may(...roles: OperatorRole[]): boolean } {
  const operator = useContext(OperatorContext);
  if (!operator) throw new Error("Nobody is signed in.");
  return {
    ...operator,
    may: (...roles) => operator.roles.some((role) => role === "ADMIN" || roles.includes(role)),
  };
}
