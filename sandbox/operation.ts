import type { IncomingHttpHeaders } from "node:http";
import type { z } from "zod";
import { invalid } from "./failure.ts";
import { readJson, readValue } from "./read-json.ts";

/** A call as it arrived: headers, path parameters and query read by the server, the body as text. */
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
  /** The body of a successful answer; throws a `Failure` for any other. */
  perform(received: Received): Promise<unknown>;
  /**
   * Reserves what only one call at a time may use, from arrival to answer, scripted delays included.
   * @returns how to let go of it; throws a `Failure` when another call has it
   */
  claim?(received: Received): () => void;
}

/**
 * Describes one operation of an upstream. Throw a `Failure` anywhere in it to answer no.
 * @param parts.name the last word of the path: faults and the call log use it
 * @param parts.authenticate turns the request's headers into who is calling
 * @param parts.input the query and path of a GET, the JSON body of a POST
 * @param parts.address the query and path of a POST, where they say anything
 * @param parts.effect does the work and returns the body of the answer
 * @param parts.claim what to reserve for an input that can be read, before it is checked in full
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
