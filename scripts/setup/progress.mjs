// Shows a command's current step: one rewritten line on a terminal, otherwise a line for each step.

const { stderr } = process;
const ERASE_LINE = "\r\x1b[2K";
let isShown = false;

/** @param {string} step such as "Installing dependencies" */
export function showStep(step) {
  stderr.write(stderr.isTTY ? `${ERASE_LINE}${step} …` : `${step} …\n`);
  isShown = true;
}

/** Leaves an empty line for later output. */
export function clearStep() {
  if (isShown && stderr.isTTY) stderr.write(ERASE_LINE);
  isShown = false;
}
