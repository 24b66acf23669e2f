import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { CallLog } from "./calls.ts";
import { type Faults, faultScript, release } from "./faults.ts";
import { readJson, readValue } from "./read-json.ts";
import { type Settings, settingsChange } from "./settings.ts";

const index = {
  "GET /__sandbox/calls?since=": "every upstream call received, in order",
  "POST /__sandbox/faults": '{ "upstream", "operation", "fault", "times"?, "delayMs"?, "commit"?, "message"? }',
  "GET /__sandbox/faults": "the faults still to happen",
  "DELETE /__sandbox/faults": "forgets them",
  "POST /__sandbox/faults/release": '{ "id"?, "with"?: "answer" | "drop" }: lets held calls go on',
  "GET /__sandbox/settings": "what the contract leaves open, and how it is played",
  "POST /__sandbox/settings": '{ "repeat"?: "accept" | "refuse" | "double", "failureStatus"?: 200 | 400 }',
  "GET /__sandbox/sample-customers": "the sample customers with their points and groups",
  "POST /__sandbox/reset": "back to the sample world: no calls, faults, OTPs or changed settings",
};

const callsQuery = z.object({ since: z.coerce.number().int().nonnegative().default(0) });

/**
 * Adds the control surface shared by all upstreams to the server.
 * @param upstreamIndex the lines of each upstream in `GET /__sandbox`
 */
export function serveControl(
  app: FastifyInstance,
  parts: {
    calls: CallLog;
    faults: Faults;
    settings: Settings;
    samples: () => object[];
    reset: () => void;
    upstreamIndex: object;
  },
): void {
  const { calls, faults, settings, samples, reset, upstreamIndex } = parts;

  app.get("/__sandbox", async () => ({ ...index, ...upstreamIndex }));

  app.get("/__sandbox/calls", async ({ query }) => {
    const { since } = readValue(callsQuery, query);
    const found = calls.since(since);
    return { calls: found, next: found.at(-1)?.seq ?? since };
  });

  app.get("/__sandbox/faults", async () => ({ faults: faults.list() }));
  app.post("/__sandbox/faults", async ({ body }, reply) => {
    return reply.code(201).send(faults.add(readJson(faultScript, body)));
  });
  app.post("/__sandbox/faults/release", async ({ body }) => ({
    released: faults.release(body ? readJson(release, body) : {}),
  }));
  app.delete("/__sandbox/faults", async (_request, reply) => {
    faults.clear();
    return reply.code(204).send();
  });

  app.get("/__sandbox/settings", async () => settings.current());
  app.post("/__sandbox/settings", async ({ body }) => settings.change(readJson(settingsChange, body)));

  app.get("/__sandbox/sample-customers", async () => ({ customers: samples() }));

  app.post("/__sandbox/reset", async (_request, reply) => {
    reset();
    return reply.code(204).send();
  });
}
