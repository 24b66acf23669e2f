import { fastify } from "fastify";
import { type CallLog, makeCallLog } from "./calls.ts";
import { makeCapillary } from "./capillary/capillary.ts";
import { capillaryControlIndex } from "./capillary/control.ts";
import { type CapillaryCredentials, sandboxTill } from "./capillary/credentials.ts";
import type { CapillaryWorld } from "./capillary/world.ts";
import { clientControlIndex, defaultGatewayUrl, serveClientControl } from "./client/control.ts";
import { type Credentials, makeCredentialChecks, makeCustomerTokens } from "./client/credentials.ts";
import { clientUpstream } from "./client/routes.ts";
import { type ClientWorld, makeClientMemory } from "./client/world.ts";
import { serveControl } from "./control.ts";
import { Failure } from "./failure.ts";
import { type Faults, makeFaults } from "./faults.ts";
import { makePauses } from "./pauses.ts";
import { describeSampleCustomers } from "./sample-customers.ts";
import { makeSettings, type Settings } from "./settings.ts";
import { operationsByUpstream, serveUpstream } from "./upstream.ts";

export interface SandboxOptions {
  /** 0, the default, for any free port. */
  port?: number;
  host?: string;
  /** The target of sign-in links, unless a request for one says otherwise. */
  gatewayUrl?: string;
  /** The file of the points provider's ledger, which survives a restart; absent for memory only. */
  journalFile?: string;
  /** The file of Capillary's state, which survives a restart; absent for memory only. */
  capillaryJournalFile?: string;
  credentials?: Credentials;
  capillaryCredentials?: Partial<CapillaryCredentials>;
  clock?: { now(): Date };
  /** Called with warnings for a person; a process warning by default. */
  warn?: (message: string) => void;
}

/** A running sandbox. Its HTTP control surface uses the same objects. */
export interface Sandbox extends AsyncDisposable {
  url: string;
  client: ClientWorld;
  capillary: CapillaryWorld;
  faults: Faults;
  calls: CallLog;
  settings: Settings;
  /** Restores the sample data; calls in flight are dropped without effect. */
  reset(): void;
  /** Cuts every connection and stops at once. */
  stop(): Promise<void>;
}

/** Starts the upstream simulators on one origin; rejects if the port is in use or the journal is damaged. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const {
    port = 0,
    host = "127.0.0.1",
    gatewayUrl = defaultGatewayUrl,
    journalFile,
    capillaryJournalFile,
    capillaryCredentials,
    credentials = { user: "tessera", password: "sandbox" },
    clock = { now: () => new Date() },
    warn = (message) => process.emitWarning(message),
  } = options;

  const settings = makeSettings();
  const calls = makeCallLog(clock);
  const pauses = makePauses();
  const tokens = makeCustomerTokens(clock);
  const memory = makeClientMemory({ journalFile, warn, clock, repeat: () => settings.current().repeat });
  const checks = makeCredentialChecks(credentials, tokens);
  const { client, ledger, otps } = memory;

  let url = "";
  const capillary = openWith(memory.close, () =>
    makeCapillary({
      journalFile: capillaryJournalFile,
      credentials: { ...sandboxTill, ...capillaryCredentials },
      origin: () => url,
      warn,
      clock,
    }),
  );

  // Each upstream brings its calls, faults and log.
  const upstreams = [clientUpstream({ ledger, otps, tokens, checks, settings }), ...capillary.upstreams];
  const faults = makeFaults(operationsByUpstream(upstreams));

  /** Calls in flight end without effect: a late effect must not reach the new data. */
  const dropCalls = () => {
    pauses.cutShort();
    faults.release({ with: "drop" });
  };
  const reset = () => {
    dropCalls();
    memory.reset();
    capillary.reset();
    faults.clear();
    calls.clear();
    settings.reset();
  };

  const app = fastify({ forceCloseConnections: true, exposeHeadRoutes: false });
  // Each operation parses its own body, so that a body that is not JSON is logged and answered like any other call.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
  app.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) => {
    const status =
      error instanceof Failure ? (error.kind === "invalid" ? 400 : (error.code ?? 409)) : (error.statusCode ?? 500);
    return reply.code(status).send({ message: error.message });
  });
  app.setNotFoundHandler(({ method, url }, reply) =>
    reply
      .code(404)
      .send({ message: `The sandbox has no route ${method} ${url}. GET /__sandbox lists the control surface.` }),
  );
  for (const upstream of upstreams) serveUpstream(app, upstream, { faults, calls, pauses });
  serveControl(app, {
    calls,
    faults,
    settings,
    samples: () => describeSampleCustomers(client, capillary.world),
    reset,
    upstreamIndex: { ...clientControlIndex, ...capillaryControlIndex },
  });
  serveClientControl(app, { client, tokens, gatewayUrl });
  capillary.serve(app);

  let stopped: Promise<void> | undefined;
  const stop = () => {
    dropCalls();
    stopped ??= app.close().then(memory.close).then(capillary.close);
    return stopped;
  };
  try {
    url = await app.listen({ port, host });
    return {
      url,
      client,
      capillary: capillary.world,
      faults,
      calls,
      settings,
      reset,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Opens one more resource; if that fails, closes the open ones. */
function openWith<Opened>(close: () => void, open: () => Opened): Opened {
  try {
    return open();
  } catch (error) {
    close();
    throw error;
  }
}
