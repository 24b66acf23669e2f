/**
 * An error whose cause is outside the program: another system, the load, or a client. Its message says everything, so a log has it
 * without its stack.
 */
export class ExpectedError extends Error {}
