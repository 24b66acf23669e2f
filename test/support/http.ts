export interface HttpAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; undefined when it is none. */
  json: GraphqlBody | undefined;
}

interface GraphqlBody {
  data?: Record<string, unknown> | null;
  errors?: {
    message: string;
    path?: (string | number)[];
    extensions: { code: string; requestId: string; retryable: boolean; [fact: string]: unknown };
  }[];
}

/** Posts a body to `/graphql` as it is and answers everything that comes back, for what the callers of `graphql.ts` hide. */
export async function postGraphql(
  origin: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<HttpAnswer> {
  const response = await fetch(`${origin}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parseJson(text) };
}

function parseJson(text: string): GraphqlBody | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
