// Creates a person's console account and prints the link for choosing a password.
//
//   npm run operator:add -- <name> --roles <role>[,<role>…]     catalogue, orders, support, rewards, admin
//   npm run operator:add -- <name> --renew                      a new link, after the loss of a password or a phone
//   npm run operator:add -- <name> --disable                    ends the sessions and disables sign-in
//
// It needs the gateway's settings, for its database and SESSION_SECRET, but no running gateway. Exit codes: 0 done,
// else 2.
import "./explain-errors.ts";
import { parseArgs } from "node:util";
import { openOperatorAccounts } from "../src/auth/index.ts";
import { type OperatorRole, operatorRoles } from "../src/domain/operator-roles.ts";
import { isRefused } from "../src/domain/refusal.ts";
import { originOf } from "../src/http/origin.ts";
import { systemClock } from "../src/platform/clock.ts";
import { openDb } from "../src/platform/db.ts";
import { makeLocalBus } from "../src/platform/events.ts";
import { commandLine, readProcessConfig } from "../src/program/command-line.ts";
import { provideDatabase } from "../src/program/provide-database.ts";

/** The actor in the audit log for a person with access to the machine. */
const BY = "system";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { roles: { type: "string" }, renew: { type: "boolean" }, disable: { type: "boolean" } },
});
const [name = ""] = positionals;
const asked = [values.roles !== undefined, values.renew, values.disable].filter(Boolean).length;
if (name === "" || positionals.length > 1 || asked !== 1) {
  stop(
    `Give a name and --roles, --renew or --disable, such as: ${commandLine("operator:add", "asha --roles support,orders")}`,
  );
}
const roles = (values.roles ?? "").split(",").map((role) => role.trim().toLowerCase());
const unknown = values.roles === undefined ? undefined : roles.find((role) => !isRole(role));
if (unknown !== undefined) stop(`${JSON.stringify(unknown)} is not a role; there are ${operatorRoles.join(", ")}.`);

const config = readProcessConfig();
const { url, stop: stopDatabase } = await provideDatabase(config);
const db = openDb(url, 2);
// Running gateways find ended sessions by their next poll.
const accounts = openOperatorAccounts({ config, db, bus: makeLocalBus(), clock: systemClock });
const answer = values.disable
  ? await accounts.disable(name, BY)
  : values.renew
    ? await accounts.renew(name, BY)
    : await accounts.create({ name, roles: roles.filter(isRole) }, BY);
await db.$disconnect();
await stopDatabase();

if (isRefused(answer)) stop(answer.refusals.map(({ message }) => message).join("\n"));
else if ("enrolmentSecret" in answer) {
  const origin = config.publicOrigin ?? originOf(config.host, config.port);
  console.log(`The account ${name} has the roles ${answer.account.roles.join(", ")}.`);
  console.log("Send this link only to its owner. It can be used once, within three days:");
  console.log(`${origin}/console/enrol#${answer.enrolmentSecret}`);
} else console.log(`The account ${name} is disabled, and its sessions have ended.`);

function isRole(text: string): text is OperatorRole {
  return (operatorRoles as readonly string[]).includes(text);
}

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}
