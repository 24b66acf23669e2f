/**
 * An error with a cause outside the program: another system, the load, or a client. Logs show its message without a
 * stack.
 */
export class ExpectedError extends Error {}
