import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { secondsOf } from "./timings.ts";

/**
 * Runs the slowest files first, so that no slow one runs alone at the end; one project after the other, because
 * a worker belongs to a project.
 *
 * `TEST_TIMINGS=record npm test` measures the files again.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const projects = this.ctx.projects.map(({ name }) => name);
    const rank = ({ project, moduleId }: TestSpecification) => ({
      project: projects.indexOf(project.name),
      seconds: secondsOf[relative(this.ctx.config.root, moduleId)] ?? 0,
    });
    return files
      .map((file) => ({ file, ...rank(file) }))
      .sort((a, b) => a.project - b.project || b.seconds - a.seconds)
      .map(({ file }) => file);
  }
}
