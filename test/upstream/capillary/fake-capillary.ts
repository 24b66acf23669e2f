import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { makeLogger } from "../../../src/platform/logger.ts";
import { type Capillary, type CapillaryOptions, makeCapillary } from "../../../src/upstream/capillary/capillary.ts";
import { UpstreamError } from "../../../src/upstream/upstream-error.ts";
import { makeTestClock } from "../../support/clock.ts";

/** A call as it arrived. */
export interface Seen {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: IncomingHttpHeaders;
  /** As text, because the notation of a number may matter. */
  text: string;
  body: unknown;
}

/** JSON or its text with HTTP 200, or a function that handles the response. */
export type Answer = object | string | ((response: ServerResponse) => unknown);
type Play = (seen: Seen, nth: number) => Answer | Promise<Answer>;

export interface FakeCapillary {
  url: string;
  /** Every call, in order of arrival. */
  seen: Seen[];
  /** Sets the answer to calls whose path ends so; the latest one counts. */
  on(ending: string, answer: Answer): void;
  /** Sets an answer that depends on the call or on the number of calls since. */
  play(ending: string, play: Play): void;
  /** Resolves when so many calls have arrived since the start. */
  arrivals(count: number): Promise<void>;
}

export const REWARDS = "/api_gateway/rewards/core/v1";

/** A server of its own for each test. It answers other calls with 404, without a body of Capillary's form. */
export async function startFakeCapillary(): Promise<FakeCapillary> {
  const plays: { ending: string; play: Play; count: number }[] = [];
  const seen: Seen[] = [];
  let waiting: { count: number; arrived: () => void }[] = [];

  const server = createServer(async (request, response) => {
    const text = await textOf(request);
    const { pathname, searchParams } = new URL(request.url ?? "", "http://fake");
    const call: Seen = {
      method: request.method ?? "",
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: request.headers,
      text,
      body: text === "" ? undefined : JSON.parse(text),
    };
    seen.push(call);
    for (const { arrived } of waiting.filter(({ count }) => count <= seen.length)) arrived();
    waiting = waiting.filter(({ count }) => count > seen.length);

    const play = plays.findLast(({ ending }) => pathname.endsWith(ending));
    if (!play) return response.writeHead(404).end('{"timestamp":1,"status":404,"error":"Not Found"}');
    play.count += 1;
    const answer = await play.play(call, play.count);
    if (typeof answer === "function") return answer(response);
    return response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    on: (ending, answer) => void plays.push({ ending, play: () => answer, count: 0 }),
    play: (ending, play) => void plays.push({ ending, play, count: 0 }),
    arrivals(count) {
      if (seen.length >= count) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ count, arrived: resolve });
      return promise;
    },
  };
}

const log = await makeLogger({ level: "silent", pretty: false });
export const BASIC = { till: "till.one", password: "secret" };
export const OAUTH = { oauth: { key: "a key", secret: "a secret" } };

/** A client of its own for each test, because it has state: a breaker, a token, the rate limiter's queue. */
export function clientOf(url: string, options: Partial<CapillaryOptions> = BASIC): Capillary {
  const client = makeCapillary({
    rewardsUrl: `${url}${REWARDS}`,
    intouchUrl: url,
    orgId: "100458",
    brand: "The Brand",
    programId: "973",
    timeoutMs: 60_000,
    connections: 16,
    lockBackoffMs: 1,
    clock: makeTestClock(),
    log,
    ...options,
  });
  onTestFinished(() => client.close());
  return client;
}

export async function failureOf(work: Promise<unknown>): Promise<UpstreamError> {
  const error = await work.then(
    (answer) => new Error(`it succeeded: ${JSON.stringify(answer)}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof UpstreamError)) throw error;
  return error;
}

/** An answer with another HTTP status than 200. */
export const withStatus =
  (status: number, body: object | string): ((response: ServerResponse) => unknown) =>
  (response) =>
    response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));

export const yes = { success: true, code: 200, message: "done" };
export const no = (code: number | string, ...partnerCodes: string[]) => ({
  status: {
    success: false,
    code,
    message: "no",
    ...(partnerCodes.length > 0 && { partnerError: { codes: partnerCodes, messages: ["why"] } }),
  },
});
/** An answer of v1.1 about one item. */
export const v1 = (entity: string, item: object, code: number | string = 800, success: unknown = "true") => ({
  response: {
    status: { success: "true", code: "200", message: "done" },
    [entity]: { ...item, item_status: { success, code, message: success === "true" ? "done" : "no" } },
  },
});
export const v2No = (code: number) => ({ warnings: [], errors: [{ status: false, code, message: "no" }] });
