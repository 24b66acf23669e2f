import { GraphQLError } from "graphql";

/**
 * Calls `end` at an error that nothing has caught: the process is in an unknown state, and another process goes on with its orders.
 *
 * The error of a single field is none of these. When an item of a list fails at once, graphql-js 16 answers the request with that
 * error and leaves the promises of the other items without a handler (mended in 17 by graphql/graphql-js#4643).
 */
export function endAtUncaughtFaults(end: (reason: string) => void): void {
  for (const fault of ["uncaughtException", "unhandledRejection"]) {
    process.on(fault, (error) => {
      const isOfOneField = error instanceof GraphQLError && error.path !== undefined;
      if (fault === "unhandledRejection" && isOfOneField) return;
      end(`${fault}: ${error instanceof Error ? error.stack : String(error)}`);
    });
  }
}
