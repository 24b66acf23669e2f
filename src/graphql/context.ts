import type { GraphQLError } from "graphql";
import type { Viewer } from "../domain/viewer.ts";
import type { ReaderLanguages } from "./languages.ts";

/**
 * The facts of one operation. Long-lived things are bound to the resolvers instead. `Loaders` are what the resolvers read
 * through: each feature names those that it needs.
 */
export interface Context<Loaders = unknown> {
  readonly requestId: string;
  viewer: Viewer;
  /** Whether a trusted router sent it: see `graphql/trusted-router.ts`. */
  readonly isRouter: boolean;
  /** The caller's network address. */
  readonly address: string;
  /** The name that the client gives itself. */
  readonly userAgent: string | undefined;
  readonly languages: ReaderLanguages;
  loaders: Loaders;
  readonly cookies: SessionCookies;
  /** Charges the caller with what an operation costs; the error that refuses it where that is too much for now. */
  charge(cost: number): GraphQLError | null;
  /** Aborts when the server stops. */
  readonly signal: AbortSignal;
  /** Loaders for another viewer: whoever signs in goes on as themselves in the same operation. */
  makeLoaders(viewer: Viewer): Loaders;
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
