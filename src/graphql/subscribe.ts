import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type SubscriptionArgs,
} from "graphql";
import { databaseFailure, pauseForRetry } from "../platform/database-failure.ts";
import { causeOf, inSpan } from "../platform/tracing.ts";
import { shownName } from "./logged-operation.ts";

/**
 * `subscribe` of graphql-js, with one difference: if the database fails while an event's fields are resolved, the event
 * is retried until the database has recovered. Otherwise the client would get an error instead of the event, and miss
 * it.
 */
export async function subscribe(
  args: SubscriptionArgs,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source;
  const events = (source as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  const ended = new AbortController();
  const results: AsyncIterableIterator<ExecutionResult> = {
    async next() {
      const { done, value } = await events.next();
      if (done) return { done, value: undefined };
      const deliver = { name: `deliver ${shownName(args.operationName)}`.trimEnd(), parent: causeOf(value) };
      return { value: await inSpan(deliver, () => resultOf({ ...args, rootValue: value }, ended.signal)) };
    },
    async return() {
      ended.abort();
      await events.return?.();
      return { done: true, value: undefined };
    },
    async throw(error) {
      ended.abort();
      if (!events.throw) throw error;
      await events.throw(error);
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => results,
  };
  return results;
}

async function resultOf(args: ExecutionArgs, signal: AbortSignal): Promise<ExecutionResult> {
  for (let tries = 0; ; tries += 1) {
    const result = await execute(args);
    if (!result.errors?.some(isDatabaseFailure) || !(await pauseForRetry(tries, signal))) return result;
  }
}

const isDatabaseFailure = ({ originalError }: GraphQLError) => databaseFailure(originalError) !== null;
