/** Shows the step of the start that this process is in: one line that is rewritten on a terminal, a line for each step elsewhere. */
export function makeProgress(out: Pick<NodeJS.WriteStream, "write" | "isTTY">) {
  const ERASE_LINE = "\r\x1b[2K";
  let isShown = false;
  return {
    show(step: string) {
      out.write(out.isTTY ? `${ERASE_LINE}${step} …` : `${step} …\n`);
      isShown = true;
    },
    /** Leaves an empty line for what is printed next. */
    clear() {
      if (isShown && out.isTTY) out.write(ERASE_LINE);
      isShown = false;
    },
  };
}
