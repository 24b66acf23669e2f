import type { FastifyInstance } from "fastify";
import type { Upstream } from "../upstream.ts";
import { serveCapillaryControl } from "./control.ts";
import { type CapillaryCredentials, makeCapillaryChecks } from "./credentials.ts";
import { makeFiles } from "./files.ts";
import { makeIssue } from "./issue.ts";
import { makeLimits } from "./limits.ts";
import { makeLocks } from "./locks.ts";
import { makeMemory } from "./memory.ts";
import { oauthUpstream } from "./oauth.ts";
import { makeRedemptions } from "./redemptions.ts";
import { makeRevoke } from "./revoke.ts";
import { catalogueOperations } from "./rewards/catalogue.ts";
import { rewardsUpstream } from "./rewards/envelope.ts";
import { issueOperations, revokeOperations } from "./rewards/giving.ts";
import { historyOperations } from "./rewards/history.ts";
import { makeRows } from "./rewards/rows.ts";
import { sampleAt, sampleWorld } from "./sample-world.ts";
import { customerOperations as manyCustomers } from "./v1/customers.ts";
import { v1Upstream } from "./v1/envelope.ts";
import { pointsOperations as redeeming } from "./v1/points.ts";
import { customerOperations as oneCustomer } from "./v2/customers.ts";
import { v2Upstream } from "./v2/envelope.ts";
import { groupOperations } from "./v2/groups.ts";
import { pointsOperations as reversing } from "./v2/points.ts";
import { type CapillaryWorld, makeWorld } from "./world.ts";

/** The Capillary side of the sandbox: one memory behind four APIs. */
export interface Capillary {
  world: CapillaryWorld;
  /** All named `capillary`; they differ in the form of refusals. */
  upstreams: Upstream[];
  /** Adds routes that are not the API's own: the control surface and the pictures. */
  serve(app: FastifyInstance): void;
  /** Restores the sample data, with an empty journal. */
  reset(): void;
  close(): void;
}

/**
 * @param options.journalFile undefined for a memory that ends with the process
 * @param options.origin the server's origin, known only once it listens
 */
export function makeCapillary(options: {
  journalFile: string | undefined;
  credentials: CapillaryCredentials;
  origin: () => string;
  warn: (message: string) => void;
  clock: { now(): Date };
}): Capillary {
  const { journalFile, credentials, origin, warn, clock } = options;
  const memory = makeMemory({ sample: sampleWorld, sampleAt, journalFile, warn, clock });
  const checks = makeCapillaryChecks(credentials, clock);
  const files = makeFiles({ memory, origin, clock });
  const limits = makeLimits(memory, clock);
  const rows = makeRows({ memory, limits, files, clock });
  const redemptions = makeRedemptions(memory, clock);
  const locks = makeLocks();
  const world = makeWorld(memory, clock);
  const failureStatus = () => memory.flags().failureStatus;
  const nothingIssued = { intouch: null, promotion: null, vendor: null };

  return {
    world,
    upstreams: [
      oauthUpstream(checks),
      rewardsUpstream(
        [...catalogueOperations({ memory, rows, checks, clock }), ...historyOperations({ memory, rows, checks })],
        { failureStatus },
      ),
      rewardsUpstream(issueOperations({ memory, issue: makeIssue(memory, limits, clock), checks, locks }), {
        failureStatus,
        empty: nothingIssued,
      }),
      rewardsUpstream(revokeOperations({ revoke: makeRevoke(memory, clock), checks }), { failureStatus: () => 200 }),
      v1Upstream([...manyCustomers({ memory, checks }), ...redeeming({ memory, redemptions, checks, locks })]),
      v2Upstream(
        [
          ...groupOperations({ memory, checks }),
          ...oneCustomer({ memory, checks }),
          ...reversing({ memory, redemptions, checks }),
        ],
        failureStatus,
      ),
    ],
    serve: (app) => {
      serveCapillaryControl(app, world);
      files.serve(app);
    },
    reset: memory.reset,
    close: memory.close,
  };
}
