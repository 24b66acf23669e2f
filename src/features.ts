import { openAccount } from "./account/index.ts";
import { openAudit } from "./audit/index.ts";
import { type AuthPorts, openAuth } from "./auth/index.ts";
import { openAwards } from "./awards/index.ts";
import { openBrand } from "./brand/index.ts";
import { openCart } from "./cart/index.ts";
import { type CatalogPorts, openCatalog } from "./catalog/index.ts";
import { openConsole } from "./console/index.ts";
import type { Loaders } from "./context.ts";
import { anonymous } from "./domain/viewer.ts";
import { openDraws } from "./draws/index.ts";
import { type FeedPorts, openFeed } from "./feed/index.ts";
import { lazyLoaders } from "./graphql/lazy-loaders.ts";
import { openGroup } from "./group/index.ts";
import { openIntake } from "./intake/index.ts";
import type { Processor } from "./intake/open-processor.ts";
import { openInvitations } from "./invitations/index.ts";
import { openMembers } from "./members/index.ts";
import { type OrderPorts, openOrder } from "./order/index.ts";
import { openPersonalData } from "./personal-data/index.ts";
import type { Pace } from "./program/pace.ts";
import { openPush } from "./push/index.ts";
import { openReconciliation, type ReconciliationPorts } from "./reconciliation/index.ts";
import { openRest } from "./rest/index.ts";
import { openRules } from "./rules/index.ts";
import { openTexts } from "./texts/index.ts";
import { openWallet } from "./wallet/index.ts";
import { openWebhooks } from "./webhooks/index.ts";

/** The dependencies of the features. */
export interface World
  extends AuthPorts,
    Omit<CatalogPorts, "readGroups">,
    Omit<OrderPorts, "sessions" | "sessionTokens" | "uncachedQueries"> {
  relayLock: FeedPorts["relayLock"];
  fetchStatement: ReconciliationPorts["fetchStatement"];
  processor: Processor;
  pace: Pace;
}

export type Features = ReturnType<typeof openFeatures>;

/** The features of the gateway. Each depends on the world and on features opened before it. */
export function openFeatures(world: World) {
  const { processor } = world;
  const { appendMemberEvents, hashNik, seeds } = processor;
  const auth = openAuth(world);
  const texts = openTexts(world);
  const { sessions, sessionTokens } = auth;
  const group = openGroup(world);
  const catalog = openCatalog({ ...world, readGroups: group.readGroups });
  const order = openOrder({ ...world, sessions, sessionTokens, uncachedQueries: catalog.uncachedQueries });
  const wallet = openWallet({ ...world, sessions, heldDeductions: order.heldDeductions });
  const cart = openCart({ ...world, redeemedUnits: order.redeemedUnits });
  const feed = openFeed({ ...world, sessions, appendMemberEvents });
  const members = openMembers({ ...world, appendMemberEvents, hashNik });
  const rules = openRules(world);
  const draws = openDraws({ ...world, draws: processor.draws, seeds });
  const awards = openAwards({ ...world, settled: feed.settled, isPrizeTaken: order.isPrizeTaken });
  const intake = openIntake(world);
  const invitations = openInvitations({ ...world, acceptMessages: processor.acceptMessages });
  const audit = openAudit(world);
  const reconciliation = openReconciliation({ ...world, ...order.recorded, resolveAward: awards.resolveAward });
  const personalData = openPersonalData(world);
  const webhooks = openWebhooks(world);
  const push = openPush(world);
  const rest = openRest({
    ...world,
    ...catalog,
    ...order.customers,
    clientToken: sessions.clientToken,
    waitMs: world.pace.restWaitMs,
  });
  const operatorConsole = openConsole(world);
  const account = openAccount(world);
  const brand = openBrand(world);

  /** The loaders of one operation. Without a cache, each event of a subscription reads current data. */
  const makeLoaders = lazyLoaders<Loaders>(
    [
      ({ viewer, requestId, options }) => group.loaders(viewer, requestId, options),
      ({ options }) => auth.loaders(options),
      ({ options }) => texts.loaders(options),
      ({ viewer, requestId, options }) => wallet.loaders(viewer, requestId, options),
      ({ requestId, options }, groups) => catalog.loaders(groups, requestId, options),
      ({ options }) => cart.loaders(options),
      ({ viewer, options }) => order.loaders(viewer, options),
      ({ options }) => awards.loaders(options),
      ({ options }) => rules.loaders(options),
      ({ options }) => members.loaders(options),
      ({ options }) => operatorConsole.loaders(options),
      ({ viewer, options }) => account.loaders(viewer, options),
    ],
    { viewer: anonymous, requestId: "", options: { cache: false } },
  );

  const parts = [
    auth,
    texts,
    wallet,
    group,
    catalog,
    cart,
    order,
    feed,
    members,
    rules,
    draws,
    awards,
    intake,
    invitations,
    audit,
    reconciliation,
    personalData,
    operatorConsole,
    account,
    webhooks,
    push,
    brand,
  ];
  return {
    auth,
    brand: brand.brand,
    catalog,
    order,
    feed,
    draws,
    awards,
    intake,
    audit,
    reconciliation,
    rest,
    webhooks,
    push,
    makeLoaders,
    resolvers: parts.flatMap(({ resolvers }) => resolvers),
  };
}
