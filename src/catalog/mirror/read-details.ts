import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import type { Catalogue } from "../../upstream/capillary/catalogue.ts";
import { UpstreamError } from "../../upstream/upstream-error.ts";
import type { MirrorStore } from "./mirror.store.ts";
import { type IndividualLedger, textsByLanguage, toMirrored } from "./mirrored-reward.ts";

/** Each definition takes a call: a large catalogue is read over several runs, which leaves calls for customers. */
const MAX_DETAILS = 100;
const CONCURRENCY = 4;
const VALID_FOR_MS = 24 * 60 * 60_000;

/**
 * Reads full definitions, which have the descriptions. Rewards can be shown without them, so a failure postpones the
 * rest to the next run.
 */
export async function readDetails(options: {
  catalogue: Pick<Catalogue, "reward">;
  store: MirrorStore;
  brandId: string;
  ledger: IndividualLedger;
  ownLanguage: string;
  signal: AbortSignal;
  clock: Clock;
  log: Logger;
}): Promise<void> {
  const { catalogue, store, brandId, ledger, ownLanguage, signal, clock, log } = options;
  const before = new Date(clock.now().getTime() - VALID_FOR_MS);
  const due = await store.withoutDetails({ before, limit: MAX_DETAILS });

  async function readOne(rewardId: string): Promise<void> {
    const definition = await catalogue.reward({ brandId, rewardId, isBackground: true }).catch((error: unknown) => {
      // a later run would not find it either
      if (error instanceof UpstreamError && error.outcome === "refused") return null;
      throw error;
    });
    const mirrored = definition && toMirrored(definition, { brandName: "", ledger });
    await store.writeDetails(
      rewardId,
      {
        description: mirrored?.description ?? null,
        terms: mirrored?.terms ?? null,
        texts: definition && textsByLanguage(definition, ownLanguage),
      },
      clock.now(),
    );
  }

  try {
    for (let at = 0; at < due.length && !signal.aborted; at += CONCURRENCY) {
      await Promise.all(due.slice(at, at + CONCURRENCY).map(readOne));
    }
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    log.warn({ err: error }, "Some descriptions of Capillary's rewards could not be read; the next run continues");
  }
}
