import type { Fetcher, FetcherOpts, FetcherParams } from "@graphiql/toolkit";
import { getOperationAST, parse } from "graphql";
import { createClient, type FormattedExecutionResult } from "graphql-ws/client";
import { prepareVariables, storeValues } from "./placeholders.ts";

type Data = Record<string, unknown>;
type Result = FormattedExecutionResult<Data, unknown>;

const endpoint = new URL("/graphql", location.href);

async function send(params: FetcherParams, options?: FetcherOpts): Promise<Result | AsyncIterable<Result>> {
  const { variables, problem } = prepareVariables(params.variables);
  if (problem) return failure(problem);
  const payload = { ...params, operationName: operationNameOf(params), variables };
  const headers = effectiveHeaders(options?.headers);
  return isSubscription(payload) ? follow(payload, headers) : post(payload, headers);
}

/** GraphiQL's type expects GraphQLError objects; this fetcher returns errors as JSON, which GraphiQL shows as well. */
export const fetcher = send as Fetcher;

/**
 * Returns the headers to send. An empty authorization header, or a bare "Bearer", would override the session cookie.
 */
function effectiveHeaders(headers: Record<string, unknown> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .map(([name, value]) => [name.toLowerCase(), String(value ?? "").trim()] as const)
      .filter(([name, value]) => !(name === "authorization" && /^(bearer)?$/i.test(value))),
  );
}

/**
 * Directly after a tab opens, GraphiQL still sends the previous tab's operation name. A name missing from the query is
 * dropped.
 */
function operationNameOf({ query, operationName }: FetcherParams): string | null {
  try {
    return operationName && getOperationAST(parse(query), operationName) ? operationName : null;
  } catch {
    return operationName ?? null; // The server reports the syntax error.
  }
}

function isSubscription({ query, operationName }: FetcherParams): boolean {
  try {
    return getOperationAST(parse(query), operationName)?.operation === "subscription";
  } catch {
    return false; // The server reports the syntax error.
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
    storeValues(result.data);
    return result;
  } catch (error) {
    return failure(`The request failed: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * Yields the events of a subscription; an error is the last event. Each subscription has its own connection and
 * headers.
 */
function follow(payload: FetcherParams, { authorization }: Record<string, string>): AsyncIterable<Result> {
  const url = endpoint.href.replace(/^http/, "ws");
  const connectionParams = authorization ? { authorization } : {};
  const events = createClient({ url, connectionParams, retryAttempts: 0 }).iterate<Data>(payload);
  const iterator: AsyncIterator<Result> = {
    async next() {
      try {
        const event = await events.next();
        if (!event.done) storeValues(event.value.data);
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
