import { readdirSync, readFileSync } from "node:fs";

const TICK_MS = 10; // USER_HZ is 100 on Linux

/** The fields of `/proc/<pid>/stat` after the name of the program. @throws if the process does not exist */
const statOf = (pid: number | string): string[] =>
  readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];

const sumOf = (fields: readonly string[], places: readonly number[]): number =>
  places.reduce((sum, place) => sum + Number(fields[place]), 0) * TICK_MS;

/** CPU that a process has used so far, user and system, in milliseconds. */
export const cpuMsOf = (pid: number): number => sumOf(statOf(pid), [11, 12]);

/** The same for a process and its children, including the children that have ended. */
export function cpuMsOfFamily(pid: number): number {
  let total = sumOf(statOf(pid), [11, 12, 13, 14]);
  for (const other of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const fields = statOf(other);
      if (Number(fields[1]) === pid) total += sumOf(fields, [11, 12]);
    } catch {
      // it has ended
    }
  }
  return total;
}

/** The CPU of all cores so far, in milliseconds: used by all processes, and available. */
export function machineCpu(): { usedMs: number; allMs: number } {
  const fields = readFileSync("/proc/stat", "utf8").split("\n")[0]?.split(/\s+/).slice(1, 9) ?? [];
  const [user, nice, system, idle, waiting, irq, softIrq, stolen] = fields.map((ticks) => Number(ticks) * TICK_MS);
  const usedMs = sum([user, nice, system, irq, softIrq, stolen]);
  return { usedMs, allMs: usedMs + sum([idle, waiting]) };
}

const sum = (values: readonly (number | undefined)[]): number =>
  values.reduce<number>((total, value) => total + (value ?? 0), 0);

/** Above this share of other processes, wall-clock times say nothing about the product. */
const BUSY = 0.1;

/** Measures the CPU of processes that the benchmark did not start. */
export function watchOthers(ownCpuMs: () => number) {
  const [machine, own] = [machineCpu(), ownCpuMs()];
  return {
    /** The share of other processes in the machine's CPU since the start, from 0 to 1. */
    share(): number {
      const now = machineCpu();
      const others = now.usedMs - machine.usedMs - (ownCpuMs() - own);
      return Math.max(0, others / Math.max(1, now.allMs - machine.allMs));
    },
  };
}

/** A warning beside wall-clock times; empty on a quiet machine. */
export const busyNote = (share: number): string =>
  share <= BUSY
    ? ""
    : `The machine was busy: other processes took ${(share * 100).toFixed(0)} % of its CPU. Counts and CPU above hold; orders a second, requests a second and milliseconds of latency do not.`;
