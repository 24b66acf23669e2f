import type { Clock } from "../../platform/clock.ts";
import type { Exclusive } from "../../platform/exclusive.ts";
import type { Logger } from "../../platform/logger.ts";
import type { Brand, Catalogue } from "../../upstream/capillary/catalogue.ts";
import { UpstreamError } from "../../upstream/upstream-error.ts";
import type { MirrorStore, SyncCounts } from "./mirror.store.ts";
import { type IndividualLedger, toMirrored } from "./mirrored-reward.ts";
import { readDetails } from "./read-details.ts";
import { type Listing, readListing } from "./read-listing.ts";

export interface SyncReport extends SyncCounts {
  /** The reason why the run was incomplete, for operators; null if it was complete. */
  problem: string | null;
}

export interface SyncOptions {
  /** The longest wait for another run. Default: long enough for one. */
  waitMs?: number;
  /** Skips the run if any process ran within this time. */
  unlessWithinMs?: number;
  signal?: AbortSignal;
}

/** Synchronises the mirror with Capillary's list. Failures of Capillary are reported, not thrown. */
export type SyncCatalog = (options?: SyncOptions) => Promise<SyncReport>;

export type MirroredCatalogue = Pick<Catalogue, "brand" | "cataloguePage" | "reward">;

export interface SyncCatalogDeps {
  /** Undefined without Capillary. */
  catalogue: MirroredCatalogue | undefined;
  store: MirrorStore;
  exclusive: Exclusive;
  ledger: IndividualLedger;
  /** PROGRAM_LANGUAGE */
  ownLanguage: string;
  /** Called after rewards may have changed. */
  changed(): void;
  pageSize?: number | undefined;
  clock: Clock;
  log: Logger;
}

const PAGE_SIZE = 100;
const MAX_WAIT_MS = 20_000;
const noChanges: SyncCounts = { added: 0, changed: 0, archived: 0 };

export function makeSyncCatalog(deps: SyncCatalogDeps): SyncCatalog {
  const { catalogue, store, exclusive, ledger, ownLanguage, pageSize = PAGE_SIZE, clock, log } = deps;

  /**
   * Rewards listed before and missing now. A reward removed during the reading shifts all later ones, so that one of
   * them is on no page: with several pages a reward counts as gone only if it is missing twice.
   */
  async function vanishedFrom(first: Listing, readAgain: () => Promise<Listing>): Promise<string[] | string> {
    const known = await store.listed();
    let missing = [...known].filter((id) => !first.rewards.has(id));
    if (missing.length > 0 && first.pages > 1) {
      const second = await readAgain();
      if (second.problem !== null) return second.problem;
      missing = missing.filter((id) => !second.rewards.has(id));
    }
    return missing;
  }

  async function run(from: MirroredCatalogue, signal: AbortSignal): Promise<SyncReport> {
    const brand = await findBrand(from);
    if (typeof brand === "string") return { ...noChanges, problem: brand };
    const read = () => readListing(from, { brandId: brand.id, pageSize, signal });
    const listing = await read();
    if (listing.error)
      log.warn({ reason: listing.error.message }, "Capillary's catalogue could not be read to its end");

    const mirrored = [...listing.rewards.values()].flatMap(
      (reward) => toMirrored(reward, { brandName: brand.name, ledger }) ?? [],
    );
    const unnamed = listing.rewards.size - mirrored.length;
    const found = listing.problem ?? (unnamed > 0 ? `${unnamed} rewards have no id to know them by.` : null);
    const vanished = found ?? (await vanishedFrom(listing, read));
    const isKnown = typeof vanished !== "string";
    const counts = await store.write(mirrored, isKnown ? vanished : [], clock.now());
    if (isKnown)
      await readDetails({ catalogue: from, store, brandId: brand.id, ledger, ownLanguage, signal, clock, log });
    deps.changed();
    return { ...counts, problem: isKnown ? null : vanished };
  }

  async function findBrand(from: Pick<Catalogue, "brand">): Promise<Brand | string> {
    try {
      return (await from.brand()) ?? "Capillary knows no brand of this name.";
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      log.warn({ reason: error.message }, "Capillary's catalogue could not be read");
      return "Capillary cannot be reached.";
    }
  }

  async function ranWithin(ms: number): Promise<boolean> {
    const last = ms > 0 ? await store.lastRun() : null;
    return last !== null && clock.now().getTime() - last.ranAt.getTime() < ms;
  }

  return async ({ waitMs = MAX_WAIT_MS, unlessWithinMs = 0, signal = new AbortController().signal } = {}) => {
    if (!catalogue) return { ...noChanges, problem: "Capillary is not configured." };
    const work = async (): Promise<SyncReport> => {
      if (await ranWithin(unlessWithinMs)) return { ...noChanges, problem: null };
      const report = await run(catalogue, signal);
      if (signal.aborted && report.problem !== null) return report; // this failure says nothing about the catalogue
      await store.recordRun({ ...report, ranAt: clock.now() });
      const isQuiet = report.added + report.changed + report.archived === 0;
      if (report.problem === null) log[isQuiet ? "debug" : "info"](report, "Capillary's catalogue is mirrored");
      else log.warn(report, "Capillary's catalogue is mirrored in part; nothing was archived");
      return report;
    };
    return (
      (await exclusive.run("catalog-sync", work, { waitMs })) ?? { ...noChanges, problem: "Another run is under way." }
    );
  };
}
