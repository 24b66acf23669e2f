import type { SessionStore } from "../auth/index.ts";
import type { Viewer } from "../domain/viewer.ts";
import type { Clock } from "../platform/clock.ts";
import type { ClientPoints } from "../upstream/client-points/client-points.ts";
import { makeReadWallets, type ReadWalletsDeps } from "./read-wallets.ts";
import { walletLoaders } from "./wallet.loaders.ts";
import { walletResolvers } from "./wallet.resolvers.ts";

export type { WalletLoaders } from "./wallet.loaders.ts";
export { availableIn } from "./wallet.ts";

export interface WalletPorts {
  client: ClientPoints;
  clock: Clock;
  sessions: SessionStore;
  heldPoints: ReadWalletsDeps["heldPoints"];
}

/** A customer's own points: the balance at the points provider, less what open orders hold. */
export function openWallet({ client, clock, sessions, heldPoints }: WalletPorts) {
  const readWallets = makeReadWallets({ client, heldPoints, clock });
  return {
    resolvers: walletResolvers(),
    loaders: (viewer: Viewer, requestId: string, options: { cache: boolean }) =>
      walletLoaders({ readWallets, sessions }, viewer, requestId, options),
  };
}
