import { describe, expect, test } from "vitest";
import { pictureOf } from "../../sandbox/capillary/pictures.ts";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { asha, capillaryApi, rewardsRoot, vikram } from "./support/capillary-api.ts";
import { makeTestClock } from "./support/client-api.ts";

const ids = (rows: { id: number }[]) => rows.map(({ id }) => id);

test("the brand of an organisation is found by its id", async () => {
  await using sandbox = await startSandbox();
  const api = capillaryApi(sandbox);
  expect((await api.brands()).body).toMatchObject({
    status: { success: true, code: 3001 },
    brandList: [{ id: 2049, brand: "MarvelTest", enabled: true, orgId: 100458 }],
  });
  expect((await api.brands([1])).body.status).toMatchObject({ success: false, code: 3004 });
});

describe("a customer's rewards", () => {
  test("are enabled, not ended, and affordable; future ones are included", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const seen = ids((await api.userRewards({ userId: asha.id })).body.rewardList);
    expect(seen).toEqual(expect.arrayContaining([15465, 15480, 15481]));
    for (const hidden of [15482, 15483, 15484]) expect(seen).not.toContain(hidden);
    const seenByVikram = ids((await api.userRewards({ userId: vikram.id })).body.rewardList);
    expect(seenByVikram).toContain(15484);
    expect(seenByVikram).not.toContain(15480);
  });

  test("without a customer have no restrictions", async () => {
    await using sandbox = await startSandbox();
    const { body } = await capillaryApi(sandbox).userRewards();
    expect(ids(body.rewardList)).toEqual(expect.arrayContaining([15480, 15484]));
    expect(body).not.toHaveProperty("orgLevelRestrictions");
    expect(body.rewardList[0]).not.toHaveProperty("rewardRestrictions");
  });

  const filters: [query: object, expected: number[]][] = [
    [{ status: "UPCOMING" }, [15481]],
    [{ status: "ENDED" }, [15482]],
    [{ activationStatus: "DISABLED" }, [15483]],
    [{ groupName: "Cinema,Gifts" }, [15465, 15466, 15486]],
    [{ category: "books,drinks" }, [15470, 15471]],
    [{ category: "books", includeExpired: "true" }, [15471, 15482]],
    [{ redemptionType: "CHARITY,MILES" }, [15474, 15489]],
    [{ label: "soon" }, [15481]],
    [{ minPoints: 150, maxPoints: 200 }, [15472, 15478]],
  ];
  for (const [query, expected] of filters) {
    test(`can be filtered: ${JSON.stringify(query)}`, async () => {
      await using sandbox = await startSandbox();
      const { body } = await capillaryApi(sandbox).userRewards(query);
      expect(ids(body.rewardList).sort()).toEqual(expected);
    });
  }

  test("come newest first unless sorted by their dates", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const newest = ids((await api.userRewards()).body.rewardList);
    expect([newest[0], newest.at(-1)]).toEqual([15489, 15470]);
    const last = ids((await api.userRewards({ sortBy: "startDate", orderBy: "desc" })).body.rewardList);
    expect(last[0]).toBe(15481);
    const first = ids(
      (await api.userRewards({ sortBy: "endDate", orderBy: "asc", includeExpired: "true" })).body.rewardList,
    );
    expect(first[0]).toBe(15482);
  });

  test("are new for a number of days", async () => {
    const clock = makeTestClock();
    await using sandbox = await startSandbox({ clock });
    const { id } = sandbox.capillary.addReward({ name: "Fresh" });
    clock.advance(3 * 86_400);
    const created = async (createdOnDaysAgo: number) =>
      ids((await capillaryApi(sandbox).userRewards({ createdOnDaysAgo })).body.rewardList);
    expect(await created(2)).toEqual([]);
    expect(await created(4)).toEqual([id]);
  });

  test("are all on page 0, or on a first page, as configured for the brand", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const all = (await api.userRewards()).body;
    expect(all.pagingDto).toMatchObject({ first: true, last: true, totalElements: all.rewardList.length });
    expect((await api.userRewards({ page: 0, size: 5 })).body.rewardList).toHaveLength(all.rewardList.length);
    sandbox.capillary.setFlags({ pageZero: "first" });
    const pages = [0, 1, 2, 3, 4].map(async (page) => ids((await api.userRewards({ page, size: 5 })).body.rewardList));
    expect((await Promise.all(pages)).flat()).toEqual(ids(all.rewardList));
  });

  test("have three forms of an empty list", async () => {
    await using sandbox = await startSandbox();
    const { rewardList } = (await capillaryApi(sandbox).userRewards()).body;
    const labelOf = (id: number) => {
      const row = rewardList.find((each: { id: number }) => each.id === id);
      return "images" in row ? row.images : "absent";
    };
    expect([labelOf(15489), labelOf(15478), labelOf(15479)]).toEqual([null, "absent", []]);
  });

  test("may be reported as not started while they run", async () => {
    await using sandbox = await startSandbox();
    const { rewardList } = (await capillaryApi(sandbox).userRewards({ status: "LIVE" })).body;
    expect(ids(rewardList.filter((row: { started: boolean }) => !row.started))).toEqual([15470]);
  });

  test("count this customer's use of limits", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    await api.issue({ paymentConfig: { id: 41 } }, 15478);
    const { reward } = (await api.userReward(15478, { userId: asha.id })).body;
    expect(reward.rewardRestrictions).toMatchObject({
      isValid: false,
      customerLevel: [{ kpi: "QUANTITY", constraintLimitValue: 1, consumed: 1, isValid: false }],
      rewardLevel: [],
    });
    expect(reward.orgLevelRestrictions).toMatchObject({
      isValid: true,
      customerLevel: [{ kpi: "POINTS", constraintLimitValue: 100_000, consumed: 200 }],
    });
    const { body } = await api.userReward(15478, { userId: vikram.id });
    expect(body.reward.rewardRestrictions.isValid).toBe(true);
  });
});

describe("one reward", () => {
  test("is closed to a customer outside its segment", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    expect((await api.userReward(15480, { userId: vikram.id })).body.status.code).toBe(12034);
    expect((await api.userReward(15480, { userId: asha.id })).body.reward.id).toBe(15480);
  });

  test("is refused if it, its brand or the customer is unknown", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const codes = [
      await api.userReward(1),
      await api.userReward(15465, { userId: 5 }),
      await api.get(`${rewardsRoot}/user/reward/15465/brand/Other`),
      await api.get(`${rewardsRoot}/reward/15465/brand/1`),
    ].map(({ body }) => body.status.code);
    expect(codes).toEqual([8003, 1014, 3004, 3004]);
  });

  test("in full is the brand's definition, with its own field names", async () => {
    await using sandbox = await startSandbox();
    const { reward } = (await capillaryApi(sandbox).brandReward(15479)).body;
    expect(reward).toMatchObject({
      id: 15479,
      startDate: "2025-01-02 03:04:05",
      startDateTime: "2025-01-02T08:34:05+05:30",
      languageSpecificInfo: [
        { languageCode: "en", name: "Three museum passes a day" },
        { languageCode: "hi" },
        { languageCode: "id", name: "Tiket museum" },
      ],
      restrictions: { rewardLevel: [{ limit: 3, kpi: "QUANTITY", repeatFrequencyType: "DAILY" }], customerLevel: [] },
    });
  });

  test("shows every kind of price", async () => {
    await using sandbox = await startSandbox();
    const { rewardList } = (await capillaryApi(sandbox).rewardList()).body;
    const configs = rewardList.flatMap((row: { paymentConfigs?: object[] | null }) => row.paymentConfigs ?? []);
    expect(configs).toEqual(
      expect.arrayContaining([
        { paymentMode: "POINTS", id: 31, points: 300 },
        { paymentMode: "FREE", id: 32 },
        { paymentMode: "CONV_RATIO", id: 37, conversionRatio: 2.5 },
        { paymentMode: "CASH", id: 38, cash: 499 },
        { paymentMode: "POINTS_CASH", id: 40, points: 400, cash: 250 },
      ]),
    );
  });
});

describe("a mirror of the catalogue", () => {
  test("has every reward, a hundred a page", async () => {
    await using sandbox = await startSandbox();
    const { body } = await capillaryApi(sandbox).rewardList();
    expect(body).toMatchObject({ status: { code: 6101 }, pagingDto: { size: 100, number: 0, last: true } });
    expect(body.rewardList).toHaveLength(sandbox.capillary.rewards().length);
    expect(body.rewardList[2]).toMatchObject({
      id: 15470,
      rewardExternalId: "COFFEE-2",
      status: "LIVE",
      enabled: true,
    });
  });

  const filters: [query: object, expected: number[]][] = [
    [{ rewardStatus: "ENDED" }, [15482]],
    [{ enabled: "false" }, [15483]],
    [{ vendorId: "61,62" }, [15471, 15474]],
    [{ vendorIds: "63" }, [15486]],
    [{ rewardName: "COFFEE" }, [15470]],
    [{ groupName: "Everyday" }, [15470, 15471]],
    [{ redemptionType: "GIFT_CARD" }, [15486]],
    [{ startDate: Date.parse("2035-01-01"), endDate: Date.parse("2036-01-01") }, [15481]],
  ];
  for (const [query, expected] of filters) {
    test(`can be part of it: ${JSON.stringify(query)}`, async () => {
      await using sandbox = await startSandbox();
      expect(ids((await capillaryApi(sandbox).rewardList(query)).body.rewardList)).toEqual(expected);
    });
  }

  test("requires both ends of a period, or neither", async () => {
    await using sandbox = await startSandbox();
    expect((await capillaryApi(sandbox).rewardList({ startDate: 1 })).status).toBe(400);
  });

  test("as the brand's short list omits ended rewards, a hundred at most", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const { body } = await api.brandRewards({ size: 500 });
    expect(body.pagingDto.size).toBe(100);
    expect(ids(body.rewardList)).not.toContain(15482);
    expect(ids((await api.brandRewards({ includeExpired: "true" })).body.rewardList)).toContain(15482);
    expect(ids((await api.brandRewards({ userId: vikram.id })).body.rewardList)).not.toContain(15480);
  });

  test("has its categories", async () => {
    await using sandbox = await startSandbox();
    const names = (await capillaryApi(sandbox).categories()).body.categoryList.map(
      (each: { name: string }) => each.name,
    );
    expect(names).toEqual(expect.arrayContaining(["drinks", "gift cards"]));
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("pictures and terms", () => {
  test("are available for an hour, at a new address for each read", async () => {
    const clock = makeTestClock();
    await using sandbox = await startSandbox({ clock });
    const { reward } = (await capillaryApi(sandbox).userReward(15470)).body;
    expect(reward.imageUrl).toContain(sandbox.url);
    const image = await fetch(reward.imageUrl);
    expect({ status: image.status, type: image.headers.get("content-type") }).toEqual({
      status: 200,
      type: "image/svg+xml",
    });
    expect(await image.text()).toBe(pictureOf(15470));
    expect(await (await fetch(reward.termAndConditionsUrl)).text()).toContain("One coffee a visit.");

    clock.advance(3600);
    const late = await fetch(reward.imageUrl);
    expect(late.status).toBe(403);
    expect(await late.text()).toContain("Request has expired");
    const again = (await capillaryApi(sandbox).userReward(15470)).body.reward.imageUrl;
    expect((await fetch(again)).status).toBe(200);
  });

  test("cannot be read after that or for another reward by a changed address", async () => {
    await using sandbox = await startSandbox();
    const { imageUrl } = (await capillaryApi(sandbox).userReward(15470)).body.reward;
    const longer = imageUrl.replace(/Expires=\d+/, "Expires=9999999999");
    const answers = [longer, imageUrl.replace("15470", "15471"), imageUrl.replace(/\?.*/, "")].map((each) =>
      fetch(each),
    );
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([403, 403, 403]);
  });

  test("may be absent", async () => {
    await using sandbox = await startSandbox();
    expect((await capillaryApi(sandbox).brandReward(15466)).body.reward.languageSpecificInfo).toMatchObject([
      { languageCode: "en", imageUrl: null, termNConditionsUrl: null },
      { languageCode: "hi", imageUrl: null, termNConditionsUrl: null },
      { languageCode: "id", imageUrl: null, termNConditionsUrl: null },
    ]);
  });
});
