import type DataLoader from "dataloader";
import type { GraphQLError } from "graphql";
import type { Viewer } from "../auth/viewer.ts";
import type { HistoryLoaders } from "../awards/history/history.loaders.ts";
import type { Cart } from "../cart/cart.ts";
import type { CapillaryLoaders } from "../catalog/capillary.loaders.ts";
import type { Reward } from "../catalog/reward.ts";
import type { GroupLoaders } from "../group/group.loaders.ts";
import type { OrderLoaders } from "../order/order.loaders.ts";
import type { Wallet } from "../wallet/wallet.ts";

/** What is true of this operation. Long-lived things are bound to the resolvers instead. */
export interface Context {
  readonly requestId: string;
  viewer: Viewer;
  /** The caller's network address. */
  readonly address: string;
  loaders: Loaders;
  readonly cookies: SessionCookies;
  /** Charges the caller with what an operation costs; the error that refuses it where that is too much for now. */
  charge(cost: number): GraphQLError | null;
  /** Aborts when the server stops. */
  readonly signal: AbortSignal;
  /** Loaders for another viewer: whoever signs in goes on as themselves in the same operation. */
  makeLoaders(viewer: Viewer): Loaders;
}

export interface Loaders extends OrderLoaders, GroupLoaders, CapillaryLoaders, HistoryLoaders {
  maskedMobile: DataLoader<string, string | null>;
  wallet: DataLoader<string, Wallet>;
  reward: DataLoader<string, Reward | null>;
  rewardBySku: DataLoader<string, Reward | null>;
  /** By reward: how many units the viewer has redeemed. */
  redeemedUnits: DataLoader<string, number>;
  /** By customer. */
  openCart: DataLoader<string, Cart>;
  cart: DataLoader<string, Cart | null>;
}

/** The browser's copy of the session. On a websocket there is none to set. */
export interface SessionCookies {
  readonly refreshToken: string | undefined;
  /** Stands for the browser, from one visit to the next. Undefined where the request came with none. */
  readonly deviceId: string | undefined;
  /** The same, or the one that the answer gives the browser. */
  readonly nextDeviceId: string | undefined;
  set(tokens: { accessToken: string; accessExpiresAt: Date; refreshToken: string; refreshExpiresAt: Date }): void;
  clear(): void;
}
