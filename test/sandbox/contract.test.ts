import { describe, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { clientApi, type Reply, send, signIn } from "./support/client-api.ts";
import { openDocument } from "./support/openapi.ts";

const { document, mistakesIn, mistakesInAnswer: mistakes } = openDocument("client-points.yaml");

/** The document's objections to this answer of the operation. */
function mistakesInAnswer(path: string, answer: Reply): string[] {
  const hasChallenge = answer.status !== 401 || answer.headers.has("www-authenticate");
  const method = path === "/api/v1/customer/points" ? "get" : "post";
  return [...(hasChallenge ? [] : ["no WWW-Authenticate"]), ...mistakes(method, path, answer)];
}

const paths = {
  generate: "/api/v1/auth/generate-otp",
  verify: "/api/v1/auth/verify-otp",
  points: "/api/v1/customer/points",
  redeem: "/api/v1/orders/redeem",
  reverse: "/api/v1/orders/reverse",
  credit: "/api/v1/points/credit",
};

type Case = [what: string, path: string, verdict: boolean, ask: (sandbox: Sandbox) => Promise<Reply>];

async function verify(sandbox: Sandbox, change: object = {}) {
  await clientApi(sandbox).generateOtp();
  const { otp, reference_id } = sandbox.client.lastOtp("CUST12345") ?? { otp: "", reference_id: "" };
  return clientApi(sandbox).verifyOtp({ otp, reference_id, ...change });
}

async function redeemThenReverse(sandbox: Sandbox, change: object = {}) {
  await clientApi(sandbox).redeem();
  return clientApi(sandbox).reverse(change);
}

const businessCases: Case[] = [
  ["an OTP was sent", paths.generate, true, (sandbox) => clientApi(sandbox).generateOtp()],
  ["an OTP for nobody", paths.generate, false, (sandbox) => clientApi(sandbox).generateOtp("CUST9")],
  ["signed in", paths.verify, true, (sandbox) => verify(sandbox)],
  ["a wrong reference", paths.verify, false, (sandbox) => verify(sandbox, { reference_id: "REF1" })],
  ["verify for nobody", paths.verify, false, (sandbox) => verify(sandbox, { customer_id: "CUST9" })],
  ["points, by service", paths.points, true, (sandbox) => clientApi(sandbox).points()],
  ["points, by token", paths.points, true, async (sandbox) => clientApi(sandbox, await signIn(sandbox)).points()],
  ["points of nobody", paths.points, false, (sandbox) => clientApi(sandbox).points("CUST9")],
  ["redeemed", paths.redeem, true, (sandbox) => clientApi(sandbox).redeem()],
  ["too little to redeem", paths.redeem, false, (sandbox) => clientApi(sandbox).redeem({ points_consumed: 9999 })],
  ["refused by script", paths.redeem, false, refusedByScript],
  ["reversed", paths.reverse, true, (sandbox) => redeemThenReverse(sandbox)],
  ["too much reversed", paths.reverse, false, (sandbox) => redeemThenReverse(sandbox, { points_reversed: 501 })],
  ["credited", paths.credit, true, (sandbox) => clientApi(sandbox).credit()],
  ["credited before", paths.credit, true, (sandbox) => creditTwice(sandbox)],
  [
    "another credit by a used reference",
    paths.credit,
    false,
    (sandbox) => creditTwice(sandbox, { points_credited: 1 }),
  ],
  ["a credit to nobody", paths.credit, false, (sandbox) => clientApi(sandbox).credit({ customer_id: "CUST9" })],
];

async function creditTwice(sandbox: Sandbox, change: object = {}) {
  await clientApi(sandbox).credit();
  return clientApi(sandbox).credit(change);
}

function refusedByScript(sandbox: Sandbox) {
  sandbox.faults.add({ upstream: "client", operation: "redeem", fault: "refuse" });
  return clientApi(sandbox).redeem();
}

for (const failureStatus of [200, 400] as const) {
  describe(`with refusals on HTTP ${failureStatus}, the document holds for`, () => {
    for (const [what, path, verdict, ask] of businessCases) {
      test(what, async () => {
        await using sandbox = await startSandbox();
        sandbox.settings.change({ failureStatus });
        const answer = await ask(sandbox);
        expect(mistakesInAnswer(path, answer)).toEqual([]);
        expect(answer.body.status).toBe(verdict);
        expect(answer.status).toBe(verdict ? 200 : failureStatus);
      });
    }
  });
}

describe("a malformed request", () => {
  const bad: [what: string, path: string, body: unknown, names: string][] = [
    ["no customer", paths.generate, {}, "customer_id"],
    ["a numeric OTP", paths.verify, { customer_id: "CUST12345", otp: 123456, reference_id: "R" }, "otp"],
    ["a short OTP", paths.verify, { customer_id: "CUST12345", otp: "12345", reference_id: "R" }, "otp"],
    ["zero points", paths.redeem, { ...example("RedeemRequest"), points_consumed: 0 }, "points_consumed"],
    ["points as text", paths.redeem, { ...example("RedeemRequest"), points_consumed: "5" }, "points_consumed"],
    ["points past 2^53", paths.redeem, { ...example("RedeemRequest"), points_consumed: 2 ** 53 }, "points_consumed"],
    ["half a point", paths.reverse, { ...example("ReverseRequest"), points_reversed: 0.5 }, "points_reversed"],
    [
      "a date without time",
      paths.redeem,
      { ...example("RedeemRequest"), transaction_date: "2026-06-03" },
      "transaction",
    ],
    ["no reason", paths.reverse, { ...example("ReverseRequest"), reason: undefined }, "reason"],
    ["no reference", paths.credit, { ...example("CreditRequest"), reference: "" }, "reference"],
    ["no points to credit", paths.credit, { ...example("CreditRequest"), points_credited: 0 }, "points_credited"],
    ["no JSON", paths.redeem, '{"order_id":', "JSON"],
    ["a list", paths.redeem, [], "object"],
  ];
  for (const [what, path, body, names] of bad) {
    test(`(${what}) is a documented 400 that names the problem`, async () => {
      await using sandbox = await startSandbox();
      const answer = await clientApi(sandbox).post(path, body);
      expect(answer.status).toBe(400);
      expect(mistakesInAnswer(path, answer)).toEqual([]);
      expect(answer.body.message).toContain(names);
    });
  }

  test("(no customer_id in the query) is a documented 400", async () => {
    await using sandbox = await startSandbox();
    const answer = await clientApi(sandbox).points("");
    expect(answer.status).toBe(400);
    expect(mistakesInAnswer(paths.points, answer)).toEqual([]);
  });

  test("(not sent as JSON) is a documented 400", async () => {
    await using sandbox = await startSandbox();
    const headers = { authorization: `Basic ${btoa("tessera:sandbox")}`, "content-type": "text/plain" };
    const body = JSON.stringify(example("RedeemRequest"));
    const answer = await send(`${sandbox.url}${paths.redeem}`, { method: "POST", headers, body });
    expect(answer.status).toBe(400);
    expect(mistakesInAnswer(paths.redeem, answer)).toEqual([]);
    expect(answer.body.message).toContain("Content-Type");
  });
});

test("a stranger gets the documented 401 everywhere", async () => {
  await using sandbox = await startSandbox();
  const api = clientApi(sandbox, "");
  const answers = Object.values(paths).map(async (path) => {
    const answer = path === paths.points ? await api.points() : await api.post(path, {});
    return [answer.status, mistakesInAnswer(path, answer)];
  });
  expect(await Promise.all(answers)).toEqual(Object.values(paths).map(() => [401, []]));
});

describe("the document", () => {
  test("describes exactly the operations that the sandbox answers", async () => {
    await using sandbox = await startSandbox();
    expect(Object.keys(document.paths).sort()).toEqual(Object.values(paths).sort());
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const method of Object.keys(methods)) {
        const { status } = await send(`${sandbox.url}${path}`, { method: method.toUpperCase() });
        expect(`${method} ${path} ${status}`).toBe(`${method} ${path} 401`);
      }
    }
  });

  for (const [name, { examples = [] }] of Object.entries(document.components.schemas)) {
    test(`has examples of ${name} that fit it`, () => {
      expect(examples.length).toBeGreaterThan(0);
      for (const each of examples) expect(mistakesIn(each, `/components/schemas/${name}`)).toEqual([]);
    });
  }

  const wrongAnswers: [what: string, path: string, body: object][] = [
    ["no reference", paths.generate, { status: true, message: "sent" }],
    ["a verdict in words", paths.redeem, { status: "true", message: "done" }],
    ["a silent refusal", paths.redeem, { status: false }],
    ["points as text", paths.points, { ...example("PointsRead"), points_earned: "5000" }],
    ["a negative balance", paths.points, { ...example("PointsRead"), balance_points: -1 }],
    ["an open mobile", paths.verify, { ...example("SignedIn"), customer: { customer_id: "C", mobile: "9812345645" } }],
  ];
  for (const [what, path, body] of wrongAnswers) {
    test(`would not pass ${what}`, () => {
      const headers = new Headers({ "content-type": "application/json" });
      expect(mistakesInAnswer(path, { status: 200, headers, body: { ...body } })).not.toEqual([]);
    });
  }
});

function example(name: string): object {
  return document.components.schemas[name]?.examples?.[0] as object;
}
