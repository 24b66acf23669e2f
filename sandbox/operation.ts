import type { IncomingHttpHeaders } from "node:http";
import type { z } from "zod";
import { invalid } from "./failure.ts";
import { readJson, readValue } from "./read-json.ts";

/** A received call: headers, path parameters and query parsed by the server, the body as text. */
export interface Received {
  headers: IncomingHttpHeaders;
  params: unknown;
  query: unknown;
  body: unknown;
}

export interface Operation {
  name: string;
  method: "GET" | "POST";
  path: string;
  /** Returns the body of a successful answer; throws a `Failure` for any other. */
  perform(received: Received): Promise<unknown>;
  /**
   * Reserves an exclusive resource for the call, from its arrival to its answer, scripted delays included.
   * @returns the release; throws a `Failure` if another call holds it
   */
  claim?(received: Received): () => void;
}

/**
 * Describes one operation of an upstream. Any part of it may throw a `Failure` to refuse.
 * @param parts.name the last word of the path, used by faults and the call log
 * @param parts.authenticate identifies the caller by the request's headers
 * @param parts.input the query and path of a GET, the JSON body of a POST
 * @param parts.address the query and path of a POST, if used
 * @param parts.effect does the work and returns the body of the answer
 * @param parts.claim the resource to reserve for a parsed input, before its full check
 */
export function operation<Caller, Input, Address = undefined>(parts: {
  name: string;
  method: "GET" | "POST";
  path: string;
  authenticate: (headers: IncomingHttpHeaders) => Caller | Promise<Caller>;
  input: z.ZodType<Input>;
  address?: z.ZodType<Address>;
  effect: (input: Input, caller: Caller, address: Address) => unknown;
  claim?: (input: Input) => () => void;
}): Operation {
  const { name, method, path, authenticate, input, address, effect, claim } = parts;
  const inAddress = ({ query, params }: Received) => Object.assign({}, query, params);
  return {
    name,
    method,
    path,
    perform: async (received) => {
      const caller = await authenticate(received.headers);
      const where = (address && readValue(address, inAddress(received))) as Address;
      if (method === "GET") return effect(readValue(input, inAddress(received)), caller, where);
      if (!/^application\/json\b/i.test(received.headers["content-type"] ?? "")) {
        throw invalid("Content-Type: expected application/json");
      }
      return effect(readJson(input, received.body), caller, where);
    },
    ...(claim && {
      claim: ({ body }: Received) => {
        const result = input.safeParse(parsed(body));
        return result.success ? claim(result.data) : () => {};
      },
    }),
  };
}

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}
