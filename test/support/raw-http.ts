import { type IncomingHttpHeaders, request } from "node:http";
import { text as textOf } from "node:stream/consumers";
import type { GraphqlAnswer } from "./graphql.ts";

export interface RawAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; empty if it is not JSON. */
  json: GraphqlAnswer<Record<string, unknown>>;
}

/** Posts any body to `/graphql`, also an invalid one, and returns the whole answer. */
export async function postRaw(origin: string, body: unknown, headers: Record<string, string> = {}): Promise<RawAnswer> {
  const response = await fetch(`${origin}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parseJson(text) };
}

function parseJson(text: string): RawAnswer["json"] {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** Sends a request with exactly these headers, also `host` and those that `fetch` sets itself. */
export function send(url: string, options: { method?: string; headers: Record<string, string>; body?: string }) {
  const { body, ...rest } = options;
  return new Promise<{ status: number; headers: IncomingHttpHeaders; text: string }>((resolve, reject) => {
    request(url, rest, (response) => {
      const { statusCode: status = 0, headers } = response;
      textOf(response).then((text) => resolve({ status, headers, text }), reject);
    })
      .on("error", reject)
      .end(body);
  });
}
