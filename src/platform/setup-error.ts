/**
 * A problem that the person who starts the program can solve: a setting, a directory, a server that is not there. The message
 * says what happened, to what, and what to do next; it is printed without a stack.
 */
export class SetupError extends Error {
  override name = "SetupError";
}
