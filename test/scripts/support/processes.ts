import { readdirSync, readFileSync } from "node:fs";

/** The processes that run now and have this variable in the environment that they were started with. */
export function processesWith(name: string, value: string): { pid: number; command: string }[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        const variables = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        return variables.includes(`${name}=${value}`) && command !== "" ? [{ pid: Number(pid), command }] : [];
      } catch {
        return []; // it has ended, or belongs to another user
      }
    });
}
