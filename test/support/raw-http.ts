import type { GraphqlAnswer } from "./graphql.ts";

export interface RawAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; empty when it is none. */
  json: GraphqlAnswer<Record<string, unknown>>;
}

/** Posts any body to `/graphql`, also one that no client would send, and answers everything that comes back. */
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
