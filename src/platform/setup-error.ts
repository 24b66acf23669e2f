/**
 * A problem that the person who starts the program can solve, such as a wrong setting, a missing directory or an
 * unreachable server. The message says what happened, to what, and what to do next; it is printed without a stack.
 */
export class SetupError extends Error {
  override name = "SetupError";
}
