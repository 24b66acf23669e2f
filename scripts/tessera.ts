// The entry point of the production build: `node dist/bin/tessera.mjs <command>`. It needs only Node 24.

interface Command {
  does: string;
  run(): Promise<unknown>;
}

const commands: Record<string, Command> = {
  start: { does: "the gateway, until SIGTERM", run: () => import("../src/main.ts") },
  "reward-processor": {
    does: "takes reward commands from Redis (REDIS_URL), until SIGTERM; start as many as you like",
    run: () => import("./reward-processor.ts"),
  },
  migrate: {
    does: "brings the database up to this version, before a roll-out; starting the gateway does it, too",
    run: () => import("./db-migrate.ts"),
  },
  health: {
    does: "exit code 0 if the gateway on PORT (health reward-processor: on REWARD_PROCESSOR_PORT) is healthy, else 1",
    run: () => import("./ask-health.ts"),
  },
  "catalog:sync": {
    does: "brings the mirror of Capillary's catalogue up to date now",
    run: () => import("./catalog-sync.ts"),
  },
  "members:import": {
    does: "<file> [gateway]: links member ids to customers",
    run: () => import("./import-members.ts"),
  },
  "vouchers:import": {
    does: "<SKU> <file> [gateway]: adds voucher codes to a reward's pool",
    run: () => import("./import-vouchers.ts"),
  },
  "operator:add": {
    does: "<name> --roles <roles>, --renew or --disable: an account of a person at the console",
    run: () => import("./operator-add.ts"),
  },
  reconcile: {
    does: "--from <day> --to <day>: compares days with the ledgers, on the running gateway",
    run: () => import("./reconcile.ts"),
  },
  "audit:verify": {
    does: "[hash]: recomputes the hash chain of the audit log",
    run: () => import("./audit-verify.ts"),
  },
  "secrets:reseal": {
    does: "encrypts with the current secrets what is stored under their fallbacks",
    run: () => import("./secrets-reseal.ts"),
  },
  "pictures:move": {
    does: "moves the uploaded pictures to where PICTURE_STORAGE says",
    run: () => import("./pictures-move.ts"),
  },
  "draw:verify": { does: "<file> [hash]: recomputes a published draw", run: () => import("./draw-verify.ts") },
};

const OLDEST_NODE = 24;
const fail = (message: string): never => {
  console.error(message);
  process.exit(2);
};

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  fail(`Tessera needs Node ${OLDEST_NODE} or newer; this is ${process.versions.node}. Run it with another Node.`);
}
process.env["NODE_ENV"] ||= "production";
const [name = ""] = process.argv.splice(2, 1); // the commands read their own arguments after this
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (!command) {
  const list = Object.entries(commands).map(([name, { does }]) => `  ${name.padEnd(18)}${does}`);
  fail(
    `${name ? `${name} is not a command` : "Name a command"}: node dist/bin/tessera.mjs <command>\n\n${list.join("\n")}`,
  );
}
await command?.run();
