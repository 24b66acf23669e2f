import { GraphQLError } from "graphql";

/**
 * Calls `end` at an uncaught error: the process is in an unknown state, and another process takes over its orders.
 *
 * Errors of single fields are excluded. If an item of a list fails synchronously, graphql-js 16 answers the request
 * with that error and leaves the promises of the other items without a handler (fixed in 17 by
 * graphql/graphql-js#4643).
 */
export function endAtUncaughtFaults(end: (reason: string) => void): void {
  for (const fault of ["uncaughtException", "unhandledRejection"]) {
    process.on(fault, (error) => {
      const isFieldError = error instanceof GraphQLError && error.path !== undefined;
      if (fault === "unhandledRejection" && isFieldError) return;
      end(`${fault}: ${error instanceof Error ? error.stack : String(error)}`);
    });
  }
}
