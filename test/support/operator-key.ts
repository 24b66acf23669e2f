import { randomUUID } from "node:crypto";
import type { OperatorRole } from "../../src/domain/operator-roles.ts";
import type { TestGateway } from "./gateway.ts";
import { type Caller, makeCaller } from "./graphql.ts";

export interface OperatorKeyCaller extends Caller {
  name: string;
  secret: string;
}

/**
 * An operator program with a new key of these roles, which is valid for a day unless it expires before.
 *
 * @param gateway.operator makes the key
 */
export async function operatorKey(
  gateway: Pick<TestGateway, "url"> & { operator: Caller },
  roles: readonly OperatorRole[],
  { expiresAt = new Date(Date.now() + 86_400_000) }: { expiresAt?: Date } = {},
): Promise<OperatorKeyCaller> {
  const name = `key-${randomUUID()}`;
  const { createOperatorKey } = await gateway.operator.ok<{ createOperatorKey: { secret: string } }>(
    `mutation ($input: CreateOperatorKeyInput!) {
      createOperatorKey(input: $input) { secret userErrors { code message field } } }`,
    { input: { name, roles: roles.map((role) => role.toUpperCase()), expiresAt: expiresAt.toISOString() } },
  );
  const { secret } = createOperatorKey;
  return { ...makeCaller(() => gateway.url, secret), name, secret };
}
