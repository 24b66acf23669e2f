import { type Client, createClient } from "graphql-ws";
import WebSocket from "ws";

export interface GraphqlAnswer<Data> {
  data?: Data | null;
  errors?: {
    message: string;
    path?: (string | number)[];
    extensions: { code: string; retryable?: boolean; requestId?: string };
  }[];
}

/** A sender of operations. */
export interface Caller {
  token: string | undefined;
  /** The whole answer, unchanged. */
  send<Data = unknown>(query: string, variables?: Record<string, unknown>): Promise<GraphqlAnswer<Data>>;
  /** The data of an answer. @throws on errors and refusals */
  ok<Data>(query: string, variables?: Record<string, unknown>): Promise<Data>;
  /** A client for subscriptions. The caller disposes of it. */
  socket(options?: Partial<Parameters<typeof createClient>[0]>): Client;
}

/** @param more headers of each request */
export function makeCaller(
  urlOf: () => string,
  token?: string,
  more: Record<string, string> = {},
  path = "/graphql",
): Caller {
  async function send<Data>(query: string, variables: Record<string, unknown> = {}): Promise<GraphqlAnswer<Data>> {
    const response = await fetch(`${urlOf()}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }), ...more },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as GraphqlAnswer<Data>;
  }
  return {
    token,
    send,
    async ok<Data>(query: string, variables?: Record<string, unknown>) {
      const { data, errors } = await send<Data>(query, variables);
      if (errors || !data) throw new Error(`unexpected errors: ${JSON.stringify(errors)}`);
      for (const field of Object.values(data)) {
        const { userErrors } = (field ?? {}) as { userErrors?: unknown[] };
        if (userErrors && userErrors.length > 0) throw new Error(`unexpected refusals: ${JSON.stringify(userErrors)}`);
      }
      return data;
    },
    socket: (options = {}) =>
      createClient({
        url: `${urlOf().replace("http", "ws")}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: token ? { authorization: `Bearer ${token}` } : {},
        retryAttempts: 0,
        ...options,
      }),
  };
}
