// Shows the step that a command is in: one line that is rewritten on a terminal, a line for each step elsewhere.

const { stderr } = process;
const ERASE_LINE = "\r\x1b[2K";
let isShown = false;

/** @param {string} step such as "Installing dependencies" */
export function showStep(step) {
  stderr.write(stderr.isTTY ? `${ERASE_LINE}${step} …` : `${step} …\n`);
  isShown = true;
}

/** Leaves an empty line for what is printed next. */
export function clearStep() {
  if (isShown && stderr.isTTY) stderr.write(ERASE_LINE);
  isShown = false;
}
