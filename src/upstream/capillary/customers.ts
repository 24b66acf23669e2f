import DataLoader from "dataloader";
import { makeSingleFlight } from "../../platform/single-flight.ts";
import type { Caller } from "./caller.ts";
import { CapillaryError } from "./capillary-error.ts";
import { reasonOf } from "./codes.ts";
import { v1ManyEnvelope } from "./envelope.ts";
import { bareMobile, type CapillaryCustomer, type CustomerRow, customerRows } from "./wire/customer.ts";

/** The API documents no limit; with this many ids the URL stays short enough for any proxy. */
const MAX_AT_ONCE = 50;
/**
 * The number of concurrent calls of one kind. Further customers are gathered for the next call, so many requests at
 * once cause few calls.
 */
const CALLS_AT_ONCE = 4;
const OPERATION = "customers";

/** Identities that a batch call supports. */
export type BatchKey = { id: string } | { externalId: string } | { mobile: string };

export interface Customers {
  /**
   * A customer; null if unknown. Concurrent requests share a batch call, and each resolves from its own row: an
   * unreadable row fails only its own request.
   */
  customer(by: BatchKey): Promise<CapillaryCustomer | null>;
}

const kinds = {
  id: { parameter: "id", keyOf: (key: string) => key },
  externalId: { parameter: "external_id", keyOf: (key: string) => key },
  mobile: { parameter: "mobile", keyOf: bareMobile },
} as const;
type Kind = keyof typeof kinds;

export function makeCustomers(caller: Caller, { programId }: { programId: string }): Customers {
  const share = makeSingleFlight<CapillaryCustomer | null>();
  const shape = customerRows(programId);

  const read = (kind: Kind, keys: readonly string[]) =>
    caller.ask({
      operation: OPERATION,
      api: "v1.1",
      method: "GET",
      path: "/customer/get",
      query: { [kinds[kind].parameter]: keys.join(","), user_id: "true", mlp: "true", user_group: "true" },
      envelope: v1ManyEnvelope,
      shape,
      isForOrder: true, // one call may serve orders and pages, so all have the priority of orders
    });

  /** A batch gathers the customers of one event loop iteration, and further ones until the batch can be sent. */
  function loaderOf(kind: Kind) {
    const waiting: (() => void)[] = [];
    let inFlight = 0;
    const sendNext = () => {
      if (inFlight === CALLS_AT_ONCE) return;
      const send = waiting.shift();
      if (!send) return;
      inFlight += 1;
      send();
    };
    return new DataLoader<string, CapillaryCustomer | null>(
      async (keys) => {
        try {
          const rows = await read(kind, keys);
          return keys.map((key) => answerTo(kind, key, keys.length, rows));
        } finally {
          inFlight -= 1;
          sendNext();
        }
      },
      {
        cache: false,
        maxBatchSize: MAX_AT_ONCE,
        batchScheduleFn(send) {
          waiting.push(send);
          setImmediate(sendNext);
        },
      },
    );
  }
  const loaders = { id: loaderOf("id"), externalId: loaderOf("externalId"), mobile: loaderOf("mobile") };

  function answerTo(kind: Kind, key: string, asked: number, rows: CustomerRow[]): CapillaryCustomer | null | Error {
    // A refusal often lacks the customer's identity. It then counts only if the batch had a single customer.
    const isNameless = ({ keys }: CustomerRow) => Object.values(keys).every((known) => known === null);
    const row = rows.find(({ keys }) => keys[kind] === key) ?? (asked === 1 ? rows.find(isNameless) : undefined);
    if (!row) return caller.failed(OPERATION, `nothing was said of ${kind} ${key}`);
    if (row.no === null) return row.customer;
    const reason = reasonOf(OPERATION, row.no.code, []);
    if (reason === "unknown-customer") return null;
    const codes = row.no.code === null ? [] : [row.no.code];
    return new CapillaryError({ operation: OPERATION, writes: false }, { reason, codes, message: row.no.message });
  }

  return {
    async customer(by) {
      const [kind, given] = Object.entries(by)[0] as [Kind, string];
      const key = kinds[kind].keyOf(given);
      // A comma would separate two ids and request another customer as well.
      if (key === "" || key.includes(",")) return null;
      return share(`${kind} ${key}`, () => loaders[kind].load(key));
    },
  };
}
