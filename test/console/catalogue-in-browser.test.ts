import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect } from "vitest";
import { clicksOn, faultsOf, signedIn } from "../support/console.ts";
import { browserTest, type Microsite, startMicrosite } from "../support/microsite.ts";
import { png } from "../support/png.ts";

let site: Microsite;
beforeAll(async () => {
  site = await startMicrosite();
});
afterAll(() => site?.[Symbol.asyncDispose]());

/** The next Friday at nine, in the format of a date and time field. */
function nextFriday(): string {
  const friday = new Date();
  friday.setDate(friday.getDate() + ((12 - friday.getDay()) % 7 || 7));
  const pad = (number: number) => String(number).padStart(2, "0");
  return `${friday.getFullYear()}-${pad(friday.getMonth() + 1)}-${pad(friday.getDate())}T09:00`;
}

browserTest(
  "a new reward is put live on Friday in two languages, with a picture that is cropped and stored",
  async () => {
    const { gateway } = site;
    const { page, problems } = await signedIn(site, ["catalogue"], "/console/catalogue");
    await page.getByRole("button", { name: "New reward" }).click();
    const form = page.getByRole("dialog");
    await form.getByLabel("SKU").fill("FRIDAY-1");
    await form.getByLabel("Kind").selectOption("MERCHANDISE");
    await form.getByLabel("Name", { exact: true }).fill("Tea set");
    await form.getByLabel("Description", { exact: true }).fill("Two cups and a pot.");
    await form.getByLabel("Points", { exact: true }).fill("400");
    await form.getByLabel("Brand").fill("Brew");
    await form.getByLabel("Category").fill("Home");
    await form.getByLabel("On offer from").fill(nextFriday());
    const picture = { name: "tea.png", mimeType: "image/png", buffer: png(1_600, 700) };
    await form.getByLabel("Upload a picture").setInputFiles(picture);
    await form.getByRole("img", { name: "The picture to crop" }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await form.getByRole("button", { name: "Use this part" }).click();
    await form.getByRole("button", { name: "Use this part" }).waitFor({ state: "detached" });
    const path = await form.getByLabel("Address of the picture").inputValue();
    expect(path).toMatch(/^\/images\/pictures\/[0-9a-f]{64}\.webp$/);
    await form.getByRole("button", { name: "Add a language" }).click();
    await form.getByLabel("Language", { exact: true }).fill("hi");
    await form.getByLabel("Name in hi").fill("चाय सेट");
    await form.getByLabel("Description in hi").fill("दो कप और एक केतली।");
    expect(await faultsOf(page)).toEqual([]);
    await form.getByRole("button", { name: "Create the reward" }).click();
    await page.getByRole("heading", { level: 1, name: "Tea set" }).getByText("Scheduled").waitFor();
    expect(await clicksOn(page)).toBe(4);
    await page.getByRole("region", { name: "As the storefront shows it" }).getByText("400 points").waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.getByLabel("Language", { exact: true }).selectOption("hi");
    await page.getByRole("heading", { name: "चाय सेट" }).waitFor();
    const { reward } = await gateway.anonymous.ok<{ reward: { own: string; hindi: string } }>(
      `{ reward(sku: "FRIDAY-1") { own: name hindi: name(language: "hi") } }`,
    );
    expect(reward).toEqual({ own: "Tea set", hindi: "चाय सेट" });
    const [stored] = await gateway.sql("select width, height, type from pictures");
    expect(stored).toEqual({ width: 933, height: 700, type: "image/webp" });
    expect(problems).toEqual([]);
  },
);

browserTest("a file that is not a picture is refused in words", async () => {
  const { page } = await signedIn(site, ["catalogue"], "/console/catalogue");
  await page.getByRole("button", { name: "New reward" }).click();
  const buffer = Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>");
  await page.getByLabel("Upload a picture").setInputFiles({ name: "a.png", mimeType: "image/png", buffer });
  await page.getByText("The browser cannot read this file as a picture.").waitFor();
});

browserTest("the catalogue is exported whole, changed as a file and written without its wrong rows", async () => {
  const { gateway } = site;
  const reward = await gateway.voucher({ points: 100, name: "Bulk card" });
  await gateway.operator.ok("mutation { syncCatalog { userErrors { code } } }"); // those are exported, too
  const { page, problems } = await signedIn(site, ["catalogue"], "/console/catalogue");
  await page.getByRole("link", { name: "Bulk card" }).waitFor();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Export as CSV" }).click(),
  ]);
  const csv = await readFile(await download.path(), "utf8");
  const lines = csv.trimEnd().split("\r\n");
  const place = lines.findIndex((line) => line.startsWith(`${reward.sku},`));
  const changed = lines.with(place, (lines[place] ?? "").replace(",100,", ",120,"));
  await page.getByRole("link", { name: "Import changes" }).click();
  const buffer = Buffer.from([...changed, `NOBODY-1,,Nothing${",".repeat(14)}`].join("\r\n"));
  await page.getByLabel("A CSV file of rewards").setInputFiles({ name: "r.csv", mimeType: "text/csv", buffer });
  await page.getByText(/^1 to update, 0 to create/).waitFor();
  await page.getByText("No reward has this SKU.").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Apply 1 change" }).click();
  await page.getByText("1 rewards were updated, 0 were created.").waitFor();
  const [row] = await gateway.sql("select points::int from rewards where sku = $1", [reward.sku]);
  expect(row).toEqual({ points: 120 });
  expect(problems).toEqual([]);
});
