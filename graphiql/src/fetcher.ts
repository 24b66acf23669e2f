import type { Fetcher, FetcherOpts, FetcherParams } from "@graphiql/toolkit";
import { getOperationAST, parse } from "graphql";
import { createClient, type FormattedExecutionResult } from "graphql-ws/client";
import { harvest, prepare } from "./carry.ts";

type Data = Record<string, unknown>;
type Result = FormattedExecutionResult<Data, unknown>;

const endpoint = new URL("/graphql", location.href);

async function send(params: FetcherParams, options?: FetcherOpts): Promise<Result | AsyncIterable<Result>> {
  const { variables, problem } = prepare(params.variables);
  if (problem) return failure(problem);
  const payload = { ...params, operationName: operationNameOf(params), variables };
  const headers = usable(options?.headers);
  return isSubscription(payload) ? follow(payload, headers) : post(payload, headers);
}

/** GraphiQL's type asks for the error objects of a server; what it gets, and shows, is their JSON. */
export const fetcher = send as Fetcher;

/** The headers to send. An empty authorization, or a bare "Bearer", would hide the session cookie. */
function usable(headers: Record<string, unknown> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .map(([name, value]) => [name.toLowerCase(), String(value ?? "").trim()] as const)
      .filter(([name, value]) => !(name === "authorization" && /^(bearer)?$/i.test(value))),
  );
}

/** Right after a tab is opened GraphiQL still names the operation of the tab before; one that is not there is left out. */
function operationNameOf({ query, operationName }: FetcherParams): string | null {
  try {
    return operationName && getOperationAST(parse(query), operationName) ? operationName : null;
  } catch {
    return operationName ?? null; // The server says what is wrong with the query.
  }
}

function isSubscription({ query, operationName }: FetcherParams): boolean {
  try {
    return getOperationAST(parse(query), operationName)?.operation === "subscription";
  } catch {
    return false; // The server says what is wrong with it.
  }
}

async function post(payload: object, headers: Record<string, string>): Promise<Result> {
  try {
    const response = await fetch(endpoint, {
      method: "POST",
      credentials: "same-origin",
      headers: {
        "content-type": "application/json",
        accept: "application/graphql-response+json, application/json",
        ...headers,
      },
      body: JSON.stringify(payload),
    });
    const text = await response.text();
    if (!/json/.test(response.headers.get("content-type") ?? "")) {
      return failure(`The server answered ${response.status} ${response.statusText}: ${text.slice(0, 300)}`);
    }
    const result: Result = JSON.parse(text);
    harvest(result.data);
    return result;
  } catch (error) {
    return failure(`The request failed: ${error instanceof Error ? error.message : error}`);
  }
}

/** The events of a subscription, an error being the last of them. Each has a connection to itself, with its own headers. */
function follow(payload: FetcherParams, { authorization }: Record<string, string>): AsyncIterable<Result> {
  const url = endpoint.href.replace(/^http/, "ws");
  const connectionParams = authorization ? { authorization } : {};
  const events = createClient({ url, connectionParams, retryAttempts: 0 }).iterate<Data>(payload);
  const iterator: AsyncIterator<Result> = {
    async next() {
      try {
        const event = await events.next();
        if (!event.done) harvest(event.value.data);
        return event;
      } catch (error) {
        return { done: false, value: failure(error) };
      }
    },
    return: async () => (await events.return?.()) ?? { done: true, value: undefined },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

function failure(error: unknown): Result {
  if (Array.isArray(error)) return { errors: error };
  if (error instanceof CloseEvent) {
    return failure(`Socket closed with event ${error.code}${error.reason && `: ${error.reason}`}`);
  }
  if (error instanceof Event) return failure("The websocket could not be opened.");
  return { errors: [{ message: error instanceof Error ? error.message : String(error) }] };
}
