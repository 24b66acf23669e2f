/** Shows the current step of the start: one rewritten line on a terminal, otherwise a line for each step. */
export function makeProgress(out: Pick<NodeJS.WriteStream, "write" | "isTTY">) {
  const ERASE_LINE = "\r\x1b[2K";
  let isShown = false;
  return {
    show(step: string) {
      out.write(out.isTTY ? `${ERASE_LINE}${step} …` : `${step} …\n`);
      isShown = true;
    },
    /** Leaves an empty line for later output. */
    clear() {
      if (isShown && out.isTTY) out.write(ERASE_LINE);
      isShown = false;
    },
  };
}
