import type { IncomingHttpHeaders } from "node:http";
import type { z } from "zod";
import { invalid } from "./failure.ts";
import { readJson, readValue } from "./read-json.ts";

export interface Operation {
  name: string;
  method: "GET" | "POST";
  path: string;
  /** The body of a successful answer; throws a `Failure` for any other. */
  perform(received: { headers: IncomingHttpHeaders; query: unknown; body: unknown }): Promise<unknown>;
}

/**
 * Describes one operation of an upstream. Throw a `Failure` anywhere in it to answer no.
 * @param parts.name the last word of the path: faults and the call log use it
 * @param parts.authenticate turns the request's headers into who is calling
 * @param parts.input the query of a GET, the JSON body of a POST
 * @param parts.effect does the work and returns the body of the answer
 */
export function operation<Caller, Input>(parts: {
  name: string;
  method: "GET" | "POST";
  path: string;
  authenticate: (headers: IncomingHttpHeaders) => Caller | Promise<Caller>;
  input: z.ZodType<Input>;
  effect: (input: Input, caller: Caller) => unknown;
}): Operation {
  const { name, method, path, authenticate, input, effect } = parts;
  return {
    name,
    method,
    path,
    perform: async ({ headers, query, body }) => {
      const caller = await authenticate(headers);
      if (method === "GET") return effect(readValue(input, query), caller);
      if (!/^application\/json\b/i.test(headers["content-type"] ?? "")) {
        throw invalid("Content-Type: expected application/json");
      }
      return effect(readJson(input, body), caller);
    },
  };
}
