import DataLoader from "dataloader";
import type { SessionStore } from "../auth/session.store.ts";
import type { Viewer } from "../auth/viewer.ts";
import type { ReadWallets } from "./read-wallets.ts";
import type { Wallet } from "./wallet.ts";

export interface WalletLoaderDeps {
  readWallets: ReadWallets;
  sessions: SessionStore;
}

/** Wallets for one viewer. Only the viewer's own session holds a token to read with; others need service credentials. */
export function walletLoader(deps: WalletLoaderDeps, viewer: Viewer, requestId: string, options: { cache: boolean }) {
  const tokenOf = async (customerId: string) =>
    viewer.kind === "customer" && viewer.customerId === customerId ? deps.sessions.clientToken(viewer.sessionId) : null;
  return new DataLoader<string, Wallet>(
    (customerIds) => deps.readWallets({ customerIds, tokenOf, requestId }),
    options,
  );
}
