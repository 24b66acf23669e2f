import { afterAll, beforeAll, expect } from "vitest";
import { hashOfTicket, type Published, toLine } from "../../src/draws/published.ts";
import type { Customer, TestGateway } from "../support/gateway.ts";
import {
  accessibilityFaults,
  browserTest,
  isTooWide,
  type Microsite,
  showPage,
  startMicrosite,
  unreadableTexts,
} from "../support/microsite.ts";
import { addRule, link, post, purchase } from "../support/rewards/rewards.ts";

let site: Microsite;
beforeAll(async () => {
  site = await startMicrosite({ SEED: "sample" });
});
afterAll(() => site?.[Symbol.asyncDispose]());

let lastUserId = 7_000;
/** A customer with a producer's member number. */
async function member(gateway: TestGateway, balance = 100): Promise<Customer & { userId: number }> {
  const customer = await gateway.customer({ balance });
  const userId = ++lastUserId;
  await link(gateway, { customerId: customer.customerId, userId: String(userId) });
  return { ...customer, userId };
}
const register = (gateway: TestGateway, userId: number) =>
  post(gateway, {
    Action: "register",
    Data: { id: userId, command: "register", transaction: [{ date: new Date().toISOString() }] },
  });
/** @param amount one ticket for each thousand */
const buyTickets = (gateway: TestGateway, userId: number, amount: number) =>
  post(gateway, {
    Action: "luckydraw",
    Data: { id: userId, command: "luckydraw", transaction: [{ date: new Date().toISOString(), amount }] },
  });

browserTest("a check-in raises the streak and the balance once, and another tab shows it", async () => {
  const { gateway } = site;
  const customer = await member(gateway);
  const { page, problems } = await site.visit(customer);
  const other = await page.context().newPage();
  await other.goto("/activity");
  await other.getByText("No earnings yet. New earnings appear here right away.").waitFor();
  await other.getByText("Live", { exact: true }).waitFor();
  let sent = 0;
  page.on("request", (request) => {
    if (request.postData()?.includes('"operationName":"CheckIn"')) sent += 1;
  });

  await page.goto("/");
  const tile = page.getByRole("region", { name: "Daily check-in" });
  await tile.getByRole("button", { name: "Check in for 5 points" }).dblclick();
  await tile.getByText("5 points for today").waitFor();
  await tile.locator(":focus").filter({ hasText: "5 points for today" }).waitFor();
  await tile.getByText("1 day in a row").waitFor();
  await tile.getByText(/^Next: (today|tomorrow), /).waitFor();
  await tile.getByText("In your wallet").waitFor();
  await page.getByRole("region", { name: "Your points" }).getByText("105").waitFor();
  const earned = other.getByRole("region", { name: "Your earnings" }).getByRole("listitem");
  await earned.filter({ hasText: "Daily check-in" }).filter({ hasText: "+5" }).getByText("In your wallet").waitFor();
  await other.getByText("How it was calculated").click();
  await other.getByText("Consecutive day 1, day 1 of the cycle: 5 points.").waitFor();

  expect(sent).toBe(1);
  expect(gateway.ledgerOf(customer)).toEqual([100, 5]);
  await page.reload();
  await tile.getByText("You’ve checked in today.").waitFor();
  expect(await tile.getByRole("button").count()).toBe(0);
  expect(problems).toEqual([]);
});

browserTest("a check-in without an answer is retried, and counts once", async () => {
  const { gateway } = site;
  const customer = await member(gateway);
  const { page } = await site.visit(customer);
  let sent = 0;
  await page.route("**/graphql", async (route) => {
    if (!route.request().postData()?.includes('"operationName":"CheckIn"')) return route.continue();
    sent += 1;
    if (sent > 1) return route.continue();
    await route.fetch(); // the request arrives, and its answer is lost
    return route.abort();
  });
  const tile = page.getByRole("region", { name: "Daily check-in" });
  // The live page may receive the check-in before the connection is closed.
  await page.routeWebSocket("**/graphql", () => {});
  await page.goto("/");
  await tile.getByRole("button", { name: "Check in for 5 points" }).click();
  await tile.getByText("We haven’t received an answer yet.").waitFor();
  expect(await page.getByRole("alert").count()).toBe(0);
  await tile.getByRole("button", { name: "Check in for 5 points" }).click();
  await tile.getByText("5 points for today").waitFor();
  expect(gateway.ledgerOf(customer)).toEqual([100, 5]);
});

/** Resolves once no points are in flight. */
const allCredited = ({ sql, until }: TestGateway) =>
  until(async () => {
    const [award] = await sql(
      `select from reward_awards where state in ('PENDING', 'UNCERTAIN') and unit = 'POINTS' and customer_id is not null
         and available_at <= now()`,
    );
    return award === undefined;
  });

browserTest("points with an unknown credit are shown as pending, and then as credited", async () => {
  const { gateway } = site;
  const customer = await member(gateway);
  const { page, problems } = await site.visit(customer);
  await page.goto("/activity");
  await page.getByText("Live", { exact: true }).waitFor();
  await allCredited(gateway); // otherwise, a call about another customer may meet the faults
  const first = gateway.fault("credit", { fault: "hold", commit: true });
  const repetition = gateway.fault("credit", { fault: "hold" });
  await register(gateway, customer.userId);
  const welcome = page.getByRole("listitem").filter({ hasText: "Welcome bonus" }).filter({ hasText: "+500" });
  await welcome.getByText("On its way").waitFor();
  await gateway.sandbox.faults.held(first);
  gateway.sandbox.faults.release({ id: first.id, with: "drop" });
  await gateway.sandbox.faults.held(repetition);
  await page.reload();
  await welcome.getByText("Being confirmed").waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  gateway.sandbox.faults.release();
  await welcome.getByText("In your wallet").waitFor();
  expect(gateway.ledgerOf(customer)).toEqual([100, 500]);
  await purchaseOf(customer.userId, "T-1");
  await page.getByText(/^Comes on /).waitFor();
  expect(problems).toEqual([]);
});
const purchaseOf = (userId: number, reference: string) =>
  post(site.gateway, purchase(userId, 12_000, reference, new Date().toISOString()));

browserTest("activity continues after a restart of the gateway, and after more events than are kept", async () => {
  const { gateway } = site;
  const customer = await member(gateway);
  const { page } = await site.visit(customer);
  await page.goto("/activity");
  await page.getByText("Live", { exact: true }).waitFor();

  await gateway.restart({}, () => page.getByText("Reconnecting …").waitFor());
  await register(gateway, customer.userId);
  await page.getByRole("listitem").filter({ hasText: "Welcome bonus" }).getByText("In your wallet").waitFor();
  await page.getByText("Live", { exact: true }).waitFor();

  // Events that occur while the page is offline are deleted before it is back.
  await page.context().setOffline(true);
  await gateway.restart();
  await page.getByText("Reconnecting …").waitFor(); // it stays so, as long as the page is offline
  await purchaseOf(customer.userId, "T-2");
  await gateway.sql("delete from member_events where customer_id = $1", [customer.customerId]);
  await page.context().setOffline(false);
  await page.getByRole("listitem").filter({ hasText: "Points for purchases" }).filter({ hasText: "+" }).waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
});

browserTest("older entries load on request, and stay when a new one arrives", async () => {
  const { gateway } = site;
  const customer = await member(gateway);
  for (let count = 1; count <= 14; count += 1) await purchaseOf(customer.userId, `older-${count}`);
  const { page, problems } = await site.visit(customer);
  await page.goto("/activity");
  const rows = page.getByRole("region", { name: "Your earnings" }).getByText("Points for purchases", { exact: true });
  await rows.nth(11).waitFor();
  await expect.poll(() => rows.count()).toBe(12);
  await page.getByRole("button", { name: "Show older" }).click();
  await rows.nth(13).waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  await register(gateway, customer.userId);
  await page.getByRole("listitem").filter({ hasText: "Welcome bonus" }).getByText("In your wallet").waitFor();
  await expect.poll(() => rows.count()).toBe(13); // as many as were shown; the oldest is requested again
  await page.getByRole("button", { name: "Show older" }).click();
  await rows.nth(13).waitFor();
  expect(problems).toEqual([]);
});

browserTest("points from referrals are added up, and the only link leads to the invitation", async () => {
  const { gateway } = site;
  const customer = await member(gateway);
  for (const friend of [customer.userId + 50_000, customer.userId + 60_000]) {
    await post(gateway, {
      Action: "registerreferral",
      Data: {
        "id-user-share": customer.userId,
        "id-user-receive": friend,
        command: "registerreferral",
        transaction: [{ date: new Date(Date.now() - (friend % 20_000 === 0 ? 0 : 9) * 86_400_000).toISOString() }],
      },
    });
  }
  const { page, problems } = await site.visit(customer);
  await page.goto("/activity");
  const friends = page.getByRole("region", { name: "Invite friends" });
  await friends.getByText("2 friends invited").waitFor();
  await friends.getByText("200 points for each friend you invite.").waitFor();
  await friends.getByText("From friend 4 on: 300 points each.").waitFor();
  const links = await friends.getByRole("link").all();
  expect(await Promise.all(links.map((link) => link.getAttribute("href")))).toEqual(["/invite"]);
  const ways = page.getByRole("region", { name: "Ways to earn" });
  await ways.getByText("Double weekend: 2 × the points on Saturday and Sunday.").waitFor();
  expect(problems).toEqual([]);
});

/** A draw of its own, with a rule that issues tickets for it before the sample's rule. */
async function openDraw(gateway: TestGateway, drawId: string): Promise<void> {
  const announcement = JSON.stringify({
    name: `The ${drawId}`,
    prizes: [
      { id: "half", name: "25 points", oddsPpm: 500_000, stock: 4, kind: "points", points: 25 },
      { id: "none", name: "Better luck next time", oddsPpm: 0, stock: null, kind: "none" },
    ],
    fallback: "none",
  });
  await gateway.operator.ok(
    "mutation ($input: OpenLuckyDrawInput!) { openLuckyDraw(input: $input) { userErrors { message } } }",
    { input: { drawId, announcement } },
  );
  await addRule(gateway, `${drawId}-tickets`, "luckydraw", { drawId, priority: 10 });
}
const closeDraw = ({ operator }: TestGateway, drawId: string) =>
  operator.ok("mutation ($input: CloseLuckyDrawInput!) { closeLuckyDraw(input: $input) { userErrors { message } } }", {
    input: { drawId },
  });

browserTest("a draw is recomputed by the browser, while it is open and when it is closed", async () => {
  const { gateway } = site;
  await openDraw(gateway, "autumn-draw");
  const customer = await member(gateway);
  const stranger = await member(gateway);
  const { page, problems } = await site.visit(customer);
  await page.goto("/activity");
  const draw = page.getByRole("region", { name: "The autumn-draw" });
  await draw.getByText("You don’t have any tickets for this draw yet.").waitFor();

  await buyTickets(gateway, stranger.userId, 3_000);
  await buyTickets(gateway, customer.userId, 9_000);
  await draw.getByText("12 tickets issued.").waitFor();
  await draw.getByText("50%").waitFor();
  const check = draw.getByRole("button", { name: "Check this draw" });
  let chunks = 0;
  page.on("request", (request) => {
    if (/recompute/.test(request.url())) chunks += 1;
  });
  expect(chunks).toBe(0);
  await check.click();
  await draw.getByText("This draw is correct so far").waitFor();
  await draw.getByText("Your 9 tickets are in the draw, each with the hash of its receipt.").waitFor();
  expect(chunks).toBe(1);

  await closeDraw(gateway, "autumn-draw");
  await page.reload();
  await draw.getByText(/^Closed on /).waitFor();
  await check.click();
  await draw.getByText("This draw is correct", { exact: true }).waitFor();
  await draw.getByText("Your browser recomputed all 12 tickets").waitFor();
  expect(problems).toEqual([]);
});

browserTest("a draw that was tampered with is reported, line by line", async () => {
  const { gateway } = site;
  await openDraw(gateway, "winter-draw");
  const customer = await member(gateway);
  await buyTickets(gateway, customer.userId, 6_000);
  await closeDraw(gateway, "winter-draw");
  const { page } = await site.visit(customer);
  let tamper = (file: string) => file;
  await page.route("**/draws/winter-draw.jsonl", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: tamper(await response.text()) });
  });
  await page.goto("/activity");
  const draw = page.getByRole("region", { name: "The winter-draw" });
  const verdictOn = async (by: typeof tamper) => {
    tamper = by;
    await draw.getByRole("button", { name: "Check this draw" }).click();
    await draw.getByText(/^This draw (is correct|isn’t correct)$/).waitFor();
    return draw.getByRole("alert").allInnerTexts();
  };

  expect(await verdictOn((file) => file)).toEqual([]);
  const elsewhere = "0".repeat(64);
  expect(await verdictOn((file) => file.replace(/"holder":"\w+"/, `"holder":"${elsewhere}"`))).toEqual([
    expect.stringContaining("Line 2: ticket 1: its hash does not cover it and the one before"),
  ]);
  expect(await verdictOn((file) => file.replace(/\{"type":"reveal".*\n/, ""))).toEqual([
    expect.stringContaining("the seed has not been revealed"),
  ]);
  // With every hash recomputed, the file is consistent, but contradicts the customer's receipt.
  const [whole = ""] = await verdictOn((file) => {
    let last = "";
    const records = file
      .trimEnd()
      .split("\n")
      .map((line): Published => JSON.parse(line));
    return records
      .map((record) => {
        if (record.type === "reveal") return { ...record, lastHash: last };
        if (record.type === "ticket") {
          const changed = record.number === 4 ? { ...record, holder: elsewhere } : record;
          const { hash: _, ...unsealed } = changed;
          last = hashOfTicket(last, unsealed);
          return { ...changed, hash: last };
        }
        last = record.hash;
        return record;
      })
      .map(toLine)
      .join("");
  });
  expect(whole).toContain("3 problems were found");
  expect(whole).toContain("Line 5: ticket 4: its hash is not the one of the receipt");
});

browserTest("the earning page is accessible in both languages, on a phone and in the dark scheme", async () => {
  const { gateway } = site;
  const customer = await member(gateway);
  await register(gateway, customer.userId);
  await purchaseOf(customer.userId, "T-3");
  await buyTickets(gateway, customer.userId, 5_000);
  const { page, problems } = await site.visit(customer);
  const look = async (where: string) => {
    for (const [scheme, viewport] of [
      ["light", { width: 1280, height: 860 }],
      ["dark", { width: 320, height: 640 }],
    ] as const) {
      await showPage(page, { scheme, viewport });
      const rules = scheme === "light" ? undefined : ["color-contrast", "target-size"];
      // The colours of a scheme arrive with a style recalculation of their own.
      await expect
        .poll(async () => [where, scheme, await accessibilityFaults(page, rules)])
        .toEqual([where, scheme, []]);
      expect([where, scheme, await isTooWide(page), await unreadableTexts(page)]).toEqual([where, scheme, false, []]);
    }
  };
  for (const [language, words] of [
    [
      "en",
      {
        checkIn: /^Check in for/,
        open: "How it was calculated",
        check: "Check this draw",
        holds: "this draw is correct",
      },
    ],
    ["hi", { checkIn: /^You/, open: "हिसाब देखें", check: "यह ड्रॉ जाँचें", holds: "यह ड्रॉ सही है" }],
  ] as const) {
    if (language !== "en") await page.evaluate(`localStorage.setItem("tessera.language", "${language}")`);
    await page.goto("/activity");
    await page.locator(`html[lang=${language}]`).waitFor();
    await page.getByText(words.open).first().click();
    await page.getByRole("button", { name: words.check }).first().click();
    await page.getByText(words.holds).waitFor();
    await look(`activity ${language}`);
    await page.goto("/");
    const tile = page.getByRole("region", { name: language === "en" ? "Daily check-in" : "रोज़ का चेक-इन" });
    await tile.waitFor();
    await look(`home ${language}`);
    if (language === "en") {
      await tile.getByRole("button", { name: words.checkIn }).click();
      await tile.getByText("In your wallet").waitFor();
      await look("home, checked in");
    }
  }
  expect(problems).toEqual([]);
});

browserTest("neither page sends one upstream call per item", async () => {
  const { gateway } = site;
  const customer = await member(gateway);
  await register(gateway, customer.userId);
  for (const reference of ["A", "B", "C"]) await purchaseOf(customer.userId, reference);
  await buyTickets(gateway, customer.userId, 8_000);
  const { page, quiet } = await site.visit(customer);
  for (const path of ["/", "/activity"]) {
    const from = gateway.sandbox.calls.since(0).at(-1)?.seq ?? 0;
    await page.goto(path);
    if (path === "/activity") await page.getByText("Live", { exact: true }).waitFor();
    else await page.getByRole("region", { name: "Daily check-in" }).waitFor();
    await quiet();
    const operations = gateway.sandbox.calls
      .since(from)
      .flatMap(({ operation }) => (operation === "credit" ? [] : operation));
    const often = [...new Set(operations)].filter((each) => operations.filter((other) => other === each).length > 2);
    expect([path, often]).toEqual([path, []]);
    if (path === "/activity") expect(operations.filter((operation) => operation !== "customer")).toEqual([]);
  }
});
