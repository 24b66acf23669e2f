import DataLoader from "dataloader";
import type { SessionStore } from "../auth/index.ts";
import type { Viewer } from "../domain/viewer.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";
import type { ReadWallets } from "./read-wallets.ts";
import type { Wallet } from "./wallet.ts";

export interface WalletLoaderDeps {
  readWallets: ReadWallets;
  sessions: SessionStore;
  /** The credentials for reading a wallet: the customer's own (`bearer`), or the gateway's. */
  pointsAuth: "bearer" | "basic";
}

export interface WalletLoaders {
  /** By customer. */
  wallet: DataLoader<string, Wallet>;
}

const onlyByItsCustomer = () =>
  new UpstreamError(
    { service: "client-points", operation: "points", outcome: "transient", isCustomersAlone: true },
    "an operator has no token to read with",
  );

/** Wallets for one viewer. Only the viewer's own session holds a token; other viewers need service credentials. */
export function walletLoaders(
  deps: WalletLoaderDeps,
  viewer: Viewer,
  requestId: string,
  options: { cache: boolean },
): WalletLoaders {
  const tokenOf = async (customerId: string) =>
    deps.pointsAuth === "bearer" && viewer.kind === "customer" && viewer.customerId === customerId
      ? deps.sessions.clientToken(viewer.sessionId)
      : null;
  const wallet = new DataLoader<string, Wallet>(async (customerIds) => {
    if (viewer.kind === "operator" && deps.pointsAuth === "bearer") return customerIds.map(onlyByItsCustomer);
    return deps.readWallets({ customerIds, tokenOf, requestId });
  }, options);
  return { wallet };
}
