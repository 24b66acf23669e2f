import { afterAll, beforeAll, expect, test } from "vitest";
import { rewardActions } from "../../src/messages/message.ts";
import type { TestGateway } from "../support/gateway.ts";
import { type CapturedLog, captureLog } from "../support/log.ts";
import { documented } from "../support/rewards/documented.ts";
import { NIK, SHORT_NIK } from "../support/rewards/envelopes.ts";
import { link, post, startRewards } from "../support/rewards/rewards.ts";

let gateway: TestGateway;
let log: CapturedLog;
beforeAll(async () => {
  log = await captureLog();
  gateway = await startRewards({}, { log: log.log });
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** The columns in which this text occurs, in all tables of ours and of the saga engine. */
async function findInDatabase(text: string): Promise<string[]> {
  const tables = await gateway.sql<{ name: string }>(`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
    where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`);
  const hits = await Promise.all(
    tables.map(async ({ name }) => {
      const rows = await gateway.sql<{ row: string }>(`select t::text as row from ${name} t where t::text like $1`, [
        `%${text}%`,
      ]);
      return rows.map(({ row }) => `${name}: ${row}`);
    }),
  );
  return hits.flat();
}

test("a national id is in no table, no log and no answer, however its message is processed", async () => {
  const answers: string[] = [];
  const send = async (message: string) => answers.push(JSON.stringify(await post(gateway, message)));
  for (const nik of [NIK, SHORT_NIK]) {
    for (const action of rewardActions) {
      const message = documented[action].replaceAll(SHORT_NIK, nik);
      await send(message);
      await send(message); // again
      await send(message.replace(/"date": "20(\d\d)/g, '"date": "30$1')); // refused
      await send(`${message.slice(0, -3)}`); // no JSON
      await send(message.replace('"Subject":', `"Comment": "of ${nik}", "Subject":`));
      // In a field that is stored. A number that names no member is an ordinary number.
      if (message.includes(nik)) await send(message.replace('"Data":', `"TicketId": "${nik}", "Data":`));
    }
    await send(documented.register.replace("461", nik)); // in the place of another id
    await link(gateway, { customerId: `c-${nik.length}`, nik, userId: String(nik.length) });
    const all = await gateway.operator.send(
      `query ($payload: String!) {
        quarantinedRewards(first: 100, openOnly: false) { nodes { payload ticketId problems { path message } } }
        simulateReward(payload: $payload) { problems { message } outcomes { calculation explanation } } }`,
      { payload: documented.dailycheckin.replace(SHORT_NIK, nik).replace("12:00", "12:01") },
    );
    answers.push(JSON.stringify(all.data));
  }
  const [count] = await gateway.sql("select count(*)::int as refused from quarantined_rewards");
  expect(count?.["refused"]).toBeGreaterThan(10);
  for (const nik of [NIK, SHORT_NIK]) {
    expect(await findInDatabase(nik)).toEqual([]);
    expect(log.text()).not.toContain(nik);
    expect(answers.filter((answer) => answer.includes(nik))).toEqual([]);
  }
});

test("the search finds a stored text", async () => {
  expect((await findInDatabase("16659")).length).toBeGreaterThan(0);
});
