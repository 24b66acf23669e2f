import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import type { OperatorRole } from "../../src/domain/operator-roles.ts";
import { faultsOf, signedIn } from "../support/console.ts";
import { browserTest, type Microsite, startMicrosite } from "../support/microsite.ts";
import { placeOrder } from "../support/orders.ts";

const MESSAGES = 130;
let site: Microsite;
beforeAll(async () => {
  site = await startMicrosite();
  await site.gateway.sql(
    `insert into quarantined_rewards (id, fingerprint, source, actor, ticket_id, payload, problems, received_at, last_received_at)
     select gen_random_uuid(), 'print-' || n, 'HTTP', 'producer', 'TICKET-' || lpad(n::text, 3, '0'), '{}',
       '[{"path": "action", "code": "REQUIRED", "message": "The action is missing."}]'::jsonb, now() - n * interval '1 minute', now()
     from generate_series(1, ${MESSAGES}) as n`,
  );
  await site.gateway.sql(
    `insert into audit_log (at, actor, action, subject)
     select now() - n * interval '1 second', 'key:long-list', 'test.entry', 'ENTRY-' || n from generate_series(1, 250) as n`,
  );
  await site.gateway.sql(
    `insert into reconciliation_runs (id, "from", "to", actor, requested_at, started_at, finished_at)
     values (gen_random_uuid(), now() - interval '1 day', now(), 'system', now(), now(), now())`,
  );
  const customer = await site.gateway.customer();
  await placeOrder(customer, (await site.gateway.voucher()).id);
});
afterAll(() => site?.[Symbol.asyncDispose]());

async function exported(page: Page): Promise<string[]> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Export as CSV" }).click(),
  ]);
  return (await readFile(await download.path(), "utf8")).trimEnd().split("\r\n");
}
const drawn = (page: Page) => page.getByRole("grid").getByRole("row").count();

browserTest(
  "the keyboard walks a long list to its end, chooses a row and opens it; the file has every row",
  async () => {
    const { page, problems } = await signedIn(site, ["rewards"], "/console/earning/quarantine");
    const grid = page.getByRole("grid", { name: "Refused messages" });
    await grid.getByText("TICKET-001").waitFor();
    expect(await drawn(page)).toBeLessThan(40);
    await grid.focus();
    await expect
      .poll(async () => {
        await page.keyboard.press("End");
        return grid.getAttribute("aria-rowcount");
      })
      .toBe(String(MESSAGES + 1));
    await page.keyboard.press("End");
    await grid.getByText("TICKET-130").waitFor();
    expect(await drawn(page)).toBeLessThan(40);
    await page.keyboard.press("Space");
    await page.getByRole("button", { name: "Resubmit 1 unchanged" }).waitFor();
    expect(await page.getByRole("checkbox", { name: "Select TICKET-130" }).isChecked()).toBe(true);
    expect(await faultsOf(page)).toEqual([]);
    const lines = await exported(page);
    expect(lines).toHaveLength(MESSAGES + 1);
    expect(new Set(lines).size).toBe(MESSAGES + 1);
    await grid.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "TICKET-130" }).waitFor();
    expect(problems).toEqual([]);
  },
);

browserTest("a filtered list is exported completely, and only with matching rows", async () => {
  const { page, problems } = await signedIn(site, ["support"], "/console/team/audit?actor=key:long-list");
  await page.getByText("250 entries.").waitFor();
  const lines = await exported(page);
  expect(lines).toHaveLength(251);
  expect(lines.slice(1).every((line) => line.includes("key:long-list"))).toBe(true);
  expect(problems).toEqual([]);
});

/** Lists with rows, and the roles that may read them. */
const lists: [path: string, roles: readonly OperatorRole[]][] = [
  ["/console/orders", ["orders", "support"]],
  ["/console/catalogue", ["catalogue", "support"]],
  ["/console/earning/quarantine", ["rewards", "support"]],
  ["/console/money/runs", ["support"]],
  ["/console/team/audit", ["support"]],
];

for (const role of ["catalogue", "orders", "support", "rewards"] as const) {
  browserTest(`an operator with the role ${role} exports the lists of this role only`, async () => {
    const { page, quiet } = await signedIn(site, [role]);
    const exportable: string[] = [];
    for (const [path] of lists) {
      await page.goto(path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await quiet();
      const button = page.getByRole("button", { name: "Export as CSV" });
      if ((await button.count()) === 0 || (await button.isDisabled())) continue;
      const saved = page.waitForEvent("download").then(() => true);
      const failed = page
        .getByText("The list could not be exported")
        .waitFor()
        .then(() => false);
      await button.click();
      if (await Promise.race([saved, failed])) exportable.push(path);
      void Promise.allSettled([saved, failed]); // the other one ends with the page
    }
    expect(exportable).toEqual(lists.filter(([, roles]) => roles.includes(role)).map(([path]) => path));
  });
}
