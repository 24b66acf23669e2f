import type { SessionStore } from "../auth/index.ts";
import type { Config } from "../config/config.ts";
import type { Viewer } from "../domain/viewer.ts";
import type { Clock } from "../platform/clock.ts";
import type { ClientPoints } from "../upstream/client-points/client-points.ts";
import { makeReadWallets, type ReadWalletsDeps } from "./read-wallets.ts";
import { walletLoaders } from "./wallet.loaders.ts";
import { walletResolvers } from "./wallet.resolvers.ts";

export type { WalletLoaders } from "./wallet.loaders.ts";
export { availableIn, type HeldDeduction, pointsHeld } from "./wallet.ts";

export interface WalletPorts {
  client: ClientPoints;
  clock: Clock;
  sessions: SessionStore;
  heldDeductions: ReadWalletsDeps["heldDeductions"];
  config: Pick<Config, "client">;
}

/** A customer's own points: the balance at the points provider, minus the points held by open orders. */
export function openWallet({ client, clock, sessions, heldDeductions, config }: WalletPorts) {
  const readWallets = makeReadWallets({ client, heldDeductions, clock });
  const { pointsAuth } = config.client;
  return {
    resolvers: walletResolvers(),
    loaders: (viewer: Viewer, requestId: string, options: { cache: boolean }) =>
      walletLoaders({ readWallets, sessions, pointsAuth }, viewer, requestId, options),
  };
}
