import type { GraphQLError } from "graphql";
import type { Viewer } from "../domain/viewer.ts";
import type { ReaderLanguages } from "./languages.ts";

/**
 * The facts of one operation. Long-lived dependencies are bound to the resolvers instead. `Loaders` is the set of
 * loaders that a feature's resolvers need.
 */
export interface Context<Loaders = unknown> {
  readonly requestId: string;
  viewer: Viewer;
  /** Whether a trusted router sent it: see `graphql/trusted-router.ts`. */
  readonly isRouter: boolean;
  /** The caller's network address. */
  readonly address: string;
  /** The client's `User-Agent`. */
  readonly userAgent: string | undefined;
  readonly languages: ReaderLanguages;
  loaders: Loaders;
  readonly cookies: SessionCookies;
  /** Charges an operation's cost to the caller; returns an error above the limit. */
  charge(cost: number): GraphQLError | null;
  /** Whether the operation is already charged and audited: its compiled query met an error, and graphql-js repeats it. */
  isAdmitted?: true;
  /** Aborts when the server stops. */
  readonly signal: AbortSignal;
  /** Loaders for another viewer: after a sign-in, the same operation continues as the new viewer. */
  makeLoaders(viewer: Viewer): Loaders;
}

/** The browser's session cookies. A websocket cannot set any. */
export interface SessionCookies {
  readonly refreshToken: string | undefined;
  /** Identifies the browser across visits. Undefined if the request had no cookie. */
  readonly deviceId: string | undefined;
  /** The same id, or the new one that the answer sets. */
  readonly nextDeviceId: string | undefined;
  set(tokens: { accessToken: string; accessExpiresAt: Date; refreshToken: string; refreshExpiresAt: Date }): void;
  clear(): void;
}
