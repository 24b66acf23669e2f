import DataLoader from "dataloader";
import type { SessionStore } from "../auth/index.ts";
import type { Viewer } from "../domain/viewer.ts";
import type { ReadWallets } from "./read-wallets.ts";
import type { Wallet } from "./wallet.ts";

export interface WalletLoaderDeps {
  readWallets: ReadWallets;
  sessions: SessionStore;
}

export interface WalletLoaders {
  /** By customer. */
  wallet: DataLoader<string, Wallet>;
}

/** Wallets for one viewer. Only the viewer's own session holds a token to read with; others need service credentials. */
export function walletLoaders(
  deps: WalletLoaderDeps,
  viewer: Viewer,
  requestId: string,
  options: { cache: boolean },
): WalletLoaders {
  const tokenOf = async (customerId: string) =>
    viewer.kind === "customer" && viewer.customerId === customerId ? deps.sessions.clientToken(viewer.sessionId) : null;
  const wallet = new DataLoader<string, Wallet>(
    (customerIds) => deps.readWallets({ customerIds, tokenOf, requestId }),
    options,
  );
  return { wallet };
}
