import type { GraphqlAnswer } from "./graphql.ts";

/** An answer with its HTTP status, headers and cookies. */
export interface HttpAnswer<Data> {
  status: number;
  headers: Headers;
  body: GraphqlAnswer<Data>;
  /** The answer's cookies, as a browser would return them: `name=value` by name; an empty value is a deleted cookie. */
  cookies: Map<string, string>;
  /** The attributes of each cookie, in lower case. */
  cookieAttributes: Map<string, string[]>;
}

/** Sends one operation like a client application, with headers of the test's choice. */
export async function post<Data>(
  url: string,
  { query, variables = {} }: { query: string; variables?: Record<string, unknown> },
  headers: Record<string, string> = {},
): Promise<HttpAnswer<Data>> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const cookies = new Map<string, string>();
  const cookieAttributes = new Map<string, string[]>();
  for (const line of response.headers.getSetCookie()) {
    const [pair = "", ...attributes] = line.split("; ");
    const name = pair.slice(0, pair.indexOf("="));
    cookies.set(name, pair.slice(name.length + 1));
    cookieAttributes.set(
      name,
      attributes.map((attribute) => attribute.toLowerCase()),
    );
  }
  const body = (await response.json()) as GraphqlAnswer<Data>;
  return { status: response.status, headers: response.headers, body, cookies, cookieAttributes };
}

/** The `Cookie` header of a browser with these cookies. */
export const cookieHeader = (cookies: ReadonlyMap<string, string>): string =>
  [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
