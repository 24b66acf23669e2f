import type { AccountLoaders } from "./account/index.ts";
import type { AuthLoaders } from "./auth/auth.loaders.ts";
import type { HistoryLoaders } from "./awards/history/history.loaders.ts";
import type { CartLoaders } from "./cart/cart.loaders.ts";
import type { CapillaryLoaders } from "./catalog/capillary.loaders.ts";
import type { CatalogLoaders } from "./catalog/catalog.loaders.ts";
import type { ConsoleLoaders } from "./console/console.loaders.ts";
import type { Context as OperationContext } from "./graphql/context.ts";
import type { GroupLoaders } from "./group/group.loaders.ts";
import type { MembersLoaders } from "./members/index.ts";
import type { OrderLoaders } from "./order/order.loaders.ts";
import type { RulesLoaders } from "./rules/index.ts";
import type { TextLoaders } from "./texts/texts.loaders.ts";
import type { WalletLoaders } from "./wallet/wallet.loaders.ts";

/** The loaders of every feature. */
export interface Loaders
  extends AccountLoaders,
    TextLoaders,
    AuthLoaders,
    WalletLoaders,
    GroupLoaders,
    CatalogLoaders,
    CapillaryLoaders,
    CartLoaders,
    OrderLoaders,
    HistoryLoaders,
    MembersLoaders,
    ConsoleLoaders,
    RulesLoaders {}

/** The context that the generated resolver types name. */
export type Context = OperationContext<Loaders>;
