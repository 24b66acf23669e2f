import type { Problem } from "./notes.ts";

/** Undoes what has been begun for a message that says what cannot be. */
export class MessageRefused extends Error {
  override name = "MessageRefused";
  readonly problems: readonly [Problem, ...Problem[]];
  constructor(problems: readonly [Problem, ...Problem[]]) {
    super(problems.map(({ code }) => code).join(", "));
    this.problems = problems;
  }
}
