import { readFileSync } from "node:fs";
import { validate } from "dockerfile-utils";
import { expect, test } from "vitest";

const dockerfile = readFileSync("Dockerfile", "utf8");

test("the Dockerfile passes the validator", () => {
  expect(validate(dockerfile).map(({ range, message }) => `line ${range.start.line + 1}: ${message}`)).toEqual([]);
  expect(validate(dockerfile.replace("EXPOSE 4010", "EXPOSE port"))).toHaveLength(1);
});

test("the images have the Node that the tests run on, and pinned bases", () => {
  const { devDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
    devDependencies: Record<string, string>;
  };
  expect(dockerfile).toContain(`ARG NODE_VERSION=${devDependencies["node"]}\n`);
  for (const [, image = ""] of dockerfile.matchAll(/^FROM (\S+)/gm)) expect(image).toMatch(/:(?!latest$)\S+$/);
});

test("the build context is a list of the files that it reads, so that no secret gets into an image", () => {
  const rules = readFileSync(".dockerignore", "utf8").split("\n");
  expect(rules.filter((rule) => rule && !rule.startsWith("#"))[0]).toBe("*");
  for (const rule of rules) expect(rule).not.toMatch(/^!.*(\.env|\.data|\.git|node_modules)/);
});
