import pg from "pg";
import { SetupError } from "../setup-error.ts";

const OLDEST_MAJOR = 15;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Connects to the database and checks the version of the server.
 *
 * @param setting the setting that holds the URL
 * @throws SetupError naming the setting, the server and the next step, never the password
 */
export async function connect(databaseUrl: string, setting = "DATABASE_URL"): Promise<pg.Client> {
  const client = open(databaseUrl, setting);
  client.on("error", () => {}); // the next query reports it
  try {
    await client.connect();
  } catch (error) {
    throw new SetupError(`${setting}: ${explainConnectError(error, client)}`, { cause: error });
  }
  const { rows } = await client.query<{ number: string; version: string }>(
    "select current_setting('server_version_num') as number, current_setting('server_version') as version",
  );
  const { number, version } = rows[0] ?? { number: "0", version: "of an unknown version" };
  if (Number(number) < OLDEST_MAJOR * 10_000) {
    await client.end();
    throw new SetupError(
      `${setting}: the server at ${addressOf(client)} is PostgreSQL ${version}, and Tessera needs ${OLDEST_MAJOR} or newer. ` +
        "Upgrade the server, or give the URL of another one.",
    );
  }
  return client;
}

function open(connectionString: string, setting: string): pg.Client {
  try {
    return new pg.Client({ connectionString, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  } catch (error) {
    // The driver reads certificate files named by the URL here.
    const { code, path, message } = error as NodeJS.ErrnoException;
    const reason = code && path ? `the file ${path} cannot be read (${code})` : message;
    throw new SetupError(`${setting}: ${reason}. Correct the URL.`, { cause: error });
  }
}

const addressOf = ({ host, port }: pg.Client) => (host.startsWith("/") ? `the socket in ${host}` : `${host}:${port}`);

function explainConnectError(error: unknown, client: pg.Client): string {
  const { code, message } = error as Error & { code?: string };
  const address = addressOf(client);
  const [user, database] = [JSON.stringify(client.user), JSON.stringify(client.database)];
  switch (code) {
    case "ECONNREFUSED":
    case "ENOENT":
      return `nothing listens at ${address}. Start PostgreSQL there, or correct the host and port in the URL.`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the host ${client.host} is not known (${code}). Correct the host in the URL, or the name server.`;
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "ETIMEDOUT":
      return `${address} cannot be reached (${code}). Check the host and port in the URL, the network and the firewall.`;
    case "28P01":
      return `${address} refused the password of user ${user}. Correct the user and password in the URL.`;
    case "28000":
      return `${address} does not let user ${user} in (${message}). Correct the user in the URL, or allow the user in pg_hba.conf.`;
    case "3D000":
      return `${address} has no database ${database}. Create it (createdb ${client.database}), or correct the name in the URL.`;
    case "42501":
      return `user ${user} may not connect to database ${database} at ${address}. Run: GRANT CONNECT ON DATABASE ${database} TO ${user}`;
    case "53300":
      return `${address} has no connection left (${message}). Raise its max_connections, or lower DATABASE_POOL_SIZE.`;
    case "57P03":
      return `${address} does not accept connections yet (${message}). Start again when the server is up.`;
  }
  if (/password must be a/.test(message)) {
    return `${address} asks for the password of user ${user}, and the URL has none. Write it into the URL: postgresql://user:password@…`;
  }
  if (/timeout|Connection terminated|invalid response/i.test(message)) {
    return `${address} does not answer as a PostgreSQL server does (${message}). Check the host and port in the URL.`;
  }
  if (/SSL|certificate/i.test(message)) {
    return `no TLS connection to ${address} (${message}). Correct sslmode and sslrootcert in the URL.`;
  }
  return `cannot connect to ${address}: ${message || code}. Correct the URL.`;
}

const INSUFFICIENT_PRIVILEGE = "42501";
const READ_ONLY_TRANSACTION = "25006";

/** Explains why the database refuses to create tables; returns any other error unchanged. */
export function explainSchemaError(error: unknown, client: pg.Client): unknown {
  const { code, message } = error as Error & { code?: string };
  if (code === INSUFFICIENT_PRIVILEGE) return mayNotCreate("tables", client, message);
  return code === READ_ONLY_TRANSACTION ? explainReadOnly(client, message) : error;
}

export function explainReadOnly(client: pg.Client, reason: string): SetupError {
  return new SetupError(
    `DATABASE_URL: database "${client.database}" at ${addressOf(client)} is read-only (${reason}). ` +
      "Give the URL of the primary server, not of a replica.",
  );
}

function mayNotCreate(what: string, client: pg.Client, reason: string): SetupError {
  const { user, database } = client;
  return new SetupError(
    `DATABASE_URL: user "${user}" may not create ${what} in database "${database}" at ${addressOf(client)} (${reason}). ` +
      `Make the user its owner: ALTER DATABASE "${database}" OWNER TO "${user}"`,
  );
}
