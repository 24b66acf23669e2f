import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

/** Runs this module with the handler in a process of its own. @returns its output and its exit code */
function run(body: string) {
  const module = `
    import { buildSchema, execute, parse } from "graphql";
    import { endAtUncaughtFaults } from "./src/program/uncaught-faults.ts";
    endAtUncaughtFaults((reason) => { console.log("ended by", reason.split("\\n")[0]); process.exit(1); });
    ${body}`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "--eval", module], {
    encoding: "utf8",
  });
  return { stdout, stderr, status };
}

test("an uncaught error ends the process", () => {
  expect(run(`Promise.reject(new Error("of ours"));`)).toMatchObject({
    stdout: "ended by unhandledRejection: Error: of ours\n",
    status: 1,
  });
  expect(run(`setImmediate(() => { throw new Error("of ours") });`)).toMatchObject({
    stdout: "ended by uncaughtException: Error: of ours\n",
    status: 1,
  });
});

test("errors of a list's fields after another item's failure do not end it", () => {
  const answered = run(`
    const schema = buildSchema("type Query { cats: [Cat!] } type Cat { name: String! }");
    const late = { name: () => Promise.reject(new Error("late")) };
    const { data, errors } = await execute({ schema, document: parse("{ cats { name } }"), rootValue: { cats: [late, late, null] } });
    console.log(JSON.stringify(data), errors.map(({ message }) => message).join());
    setImmediate(() => console.log("alive"));`);
  expect(answered.stdout).toBe('{"cats":null} Cannot return null for non-nullable field Query.cats.\nalive\n');
});
