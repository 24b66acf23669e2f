import { relative } from "node:path";
import type { Reporter, TestCase, TestModule, Vitest } from "vitest/node";
import { needs } from "./needs.ts";
import { recordTimings } from "./timings.ts";

/** How many seconds a run may take on two cores, before the report lists the slowest tests. */
const BUDGET_SECONDS = { fast: 60, others: 240 };
const SLOWEST = 10;

/**
 * Adds to the result of a run: the tests that did not run with their requirements (a failure where `CI` is set), and,
 * when the run took longer than its budget, the slowest tests.
 */
export class RunReport implements Reporter {
  #vitest: Vitest | undefined;
  #startedAt = performance.now();

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
    this.#startedAt = performance.now();
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    if (!this.#vitest) return;
    const seconds = (performance.now() - this.#startedAt) / 1_000;
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const lines = [...this.#skipped(tests), ...this.#leftOut(modules), ...this.#slowest(tests, seconds)];
    if (lines.length > 0) this.#vitest.logger.log(`${lines.join("\n")}\n`);
    if (process.env["TEST_TIMINGS"] === "record") this.#record(modules);
  }

  #skipped(tests: readonly TestCase[]): string[] {
    const isFiltered = this.#vitest?.config.testNamePattern !== undefined;
    const skipped = tests.filter((test) => test.result().state === "skipped");
    if (skipped.length === 0 || isFiltered) return [];
    const lines = Object.entries(needs).flatMap(([tag, { isMet, missing, remedy }]) => {
      const count = skipped.filter((test) => test.tags.includes(tag)).length;
      return isMet || count === 0 ? [] : [`${count} tests did not run: ${missing}. To run them: ${remedy}`];
    });
    const others = skipped.filter(({ tags }) => !tags.some((tag) => !needs[tag as keyof typeof needs].isMet)).length;
    if (others > 0) lines.push(`${others} tests did not run: they are marked as skipped in the code.`);
    if (process.env["CI"]) {
      lines.push("Under CI every test must run: this run has failed.");
      process.exitCode = 1;
    }
    return lines;
  }

  /** Names the commands for the tests that `npm test` leaves out. */
  #leftOut(modules: readonly TestModule[]): string[] {
    const ran = new Set(modules.map(({ project }) => project.name));
    if (!ran.has("fast") || !ran.has("core") || ran.has("slow")) return [];
    return ["Not run: the tests that take longer (npm run test:slow) and those in a browser (npm run test:browser)"];
  }

  #slowest(tests: readonly TestCase[], seconds: number): string[] {
    const isFastOnly = this.#vitest?.projects.every(({ name }) => name === "fast");
    const budget = isFastOnly ? BUDGET_SECONDS.fast : BUDGET_SECONDS.others;
    if (seconds <= budget) return [];
    const slowest = tests
      .map((test) => ({ test, ms: test.diagnostic()?.duration ?? 0 }))
      .sort((a, b) => b.ms - a.ms)
      .slice(0, SLOWEST);
    return [
      `The run took ${Math.round(seconds)} s, more than its budget of ${budget} s. The slowest tests:`,
      ...slowest.map(
        ({ test, ms }) => `  ${(ms / 1_000).toFixed(1)} s  ${test.module.relativeModuleId} > ${test.fullName}`,
      ),
    ];
  }

  #record(modules: readonly TestModule[]): void {
    const root = this.#vitest?.config.root ?? "";
    const secondsOf = (module: TestModule) => Math.round(module.diagnostic().duration / 1_000);
    recordTimings(Object.fromEntries(modules.map((module) => [relative(root, module.moduleId), secondsOf(module)])));
  }
}
