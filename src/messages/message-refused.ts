import type { Problem } from "./notes.ts";

/** Rolls back the transaction of a message with impossible content. */
export class MessageRefused extends Error {
  override name = "MessageRefused";
  readonly problems: readonly [Problem, ...Problem[]];
  constructor(problems: readonly [Problem, ...Problem[]]) {
    super(problems.map(({ code }) => code).join(", "));
    this.problems = problems;
  }
}
