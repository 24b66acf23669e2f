import { randomUUID } from "node:crypto";
import { Secret, TOTP } from "otpauth";
import type { OperatorRole } from "../../src/domain/operator-roles.ts";
import type { TestGateway } from "./gateway.ts";
import { type Caller, makeCaller } from "./graphql.ts";

/** A person with a new account of these roles, who has followed the enrolment link and calls as the console does. */
export async function operatorPerson(
  gateway: Pick<TestGateway, "url" | "operator">,
  roles: readonly OperatorRole[],
): Promise<Caller & { name: string }> {
  const name = `p${randomUUID()}`;
  const { createOperatorAccount } = await gateway.operator.ok<{ createOperatorAccount: { enrolmentSecret: string } }>(
    `mutation ($input: CreateOperatorAccountInput!) {
      createOperatorAccount(input: $input) { enrolmentSecret userErrors { message } } }`,
    { input: { name, roles: roles.map((role) => role.toUpperCase()) } },
  );
  const secret = createOperatorAccount.enrolmentSecret;
  const post = (path: string, body: object) =>
    fetch(`${gateway.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: gateway.url },
      body: JSON.stringify(body),
    });
  const { totpSecret } = (await (await post("/console/enrolment", { secret })).json()) as { totpSecret: string };
  const code = new TOTP({ secret: Secret.fromBase32(totpSecret) }).generate();
  const done = await post("/console/enrolment/complete", { secret, password: "correct horse battery", code });
  if (done.status !== 204) throw new Error(`the account was not enrolled: ${await done.text()}`);
  const cookie = done.headers
    .getSetCookie()
    .map((each) => each.split(";")[0])
    .join("; ");
  const caller = makeCaller(() => gateway.url, undefined, { cookie, origin: gateway.url }, "/graphql?console");
  return { ...caller, name: `account:${name}` };
}
