import { serverAudits } from "graphql-http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

test("the endpoint conforms to the GraphQL over HTTP specification, by POST and by GET", async () => {
  const audits = serverAudits({ url: `${gateway.url}/graphql`, fetchFn: fetch });
  const results = await Promise.all(audits.map((audit) => audit.fn()));
  const found = (status: string) =>
    results.flatMap((result) => (result.status === status ? [`${result.id} ${result.name}`] : []));

  expect(results.length).toBeGreaterThan(60);
  expect(found("error")).toEqual([]);
  expect(found("warn")).toEqual([]);
  expect(found("notice")).toEqual([]);
});
