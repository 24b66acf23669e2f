import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import type { CodegenConfig } from "@graphql-codegen/cli";
import { addTypenameSelectionDocumentTransform } from "@graphql-codegen/client-preset";
import { type DocumentNode, parse, print } from "graphql";
import { clientSdl } from "./scripts/client-sdl.ts";
import { subgraphSdl } from "./src/graphql/subgraph-sdl.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const typeDefs = globSync("schema/*.graphql")
  .sort()
  .map((file) => parse(readFileSync(file, "utf8")));

/** The documents of a site with their types. */
const siteDocuments = (site: string): CodegenConfig["generates"] => ({
  [`${site}/src/graphql/generated/`]: {
    preset: "client",
    documents: `${site}/src/**/*.graphql`,
    // A page is one query and the few components it draws itself with: masking would only name its parts twice.
    presetConfig: {
      fragmentMasking: false,
      // The preset's own `persistedDocuments` would hash a sorted text, which is not the one that a client sends.
      onExecutableDocumentNode: (document: DocumentNode) => ({ hash: sha256(print(document)) }),
    },
    // The cache wants `__typename`, and a document that it has changed would be another one than in the manifest.
    documentTransforms: [addTypenameSelectionDocumentTransform],
    config: {
      useTypeImports: true,
      enumsAsTypes: true,
      immutableTypes: true,
      strictScalars: true,
      scalars: { ID: "string", DateTime: "string", Date: "string", Points: "number", federation__FieldSet: "string" },
    },
  },
});

/**
 * Resolver types and the enums alone (use cases know the schema's words, not its types) from `schema/`, the sites' documents with
 * their types, and the whole API in one file, for the tools of clients and as a subgraph.
 * A resolver receives what its feature's own code returns: the `mappers` name those types.
 */
const config: CodegenConfig = {
  schema: "schema/*.graphql",
  generates: {
    "src/graphql/generated/resolvers.ts": {
      plugins: ["typescript", "typescript-resolvers"],
      config: {
        federation: true,
        useTypeImports: true,
        importExtension: ".ts",
        enumType: "string-literal",
        enumsAsTypes: true,
        skipTypename: true,
        immutableTypes: true,
        maybeValue: "T | null",
        inputMaybeValue: "T | null | undefined",
        contextType: "../../context.ts#Context",
        resolverTypeWrapperSignature: "Promise<T> | T",
        makeResolverTypeCallable: true,
        scalars: { ID: "string", DateTime: "Date", Date: "string", Points: "number" },
        mappers: {
          Customer: "../../domain/viewer.ts#CustomerModel",
          Wallet: "../../wallet/wallet.ts#Wallet as WalletModel",
          PushSubscription: "../../push/push-subscriptions.ts#PushSubscription as PushSubscriptionModel",
          Invitation: "../../invitations/invitations.ts#Invitation as InvitationModel",
          GroupWallet: "../../group/group.ts#GroupWallet as GroupWalletModel",
          GroupMember: "../../group/group.ts#Member",
          Reward: "../../catalog/reward.ts#Reward as RewardModel",
          ExpiringVouchers: "../../catalog/expire-vouchers.ts#ExpiringVouchers as ExpiringVouchersModel",
          VoucherCounts: "../../catalog/voucher-pools.ts#VoucherCounts as VoucherCountsModel",
          RewardCategory: "../../catalog/reward.store.ts#CountedCategory",
          RewardConnection: "../../catalog/reward.store.ts#RewardList",
          Cart: "../../cart/cart.ts#Cart as CartModel",
          CartLine: "../../cart/cart.ts#CartLine as CartLineModel",
          CartFunding: "../../cart/cart-funding.ts#CartFunding as CartFundingModel",
          CartProblem: "../../cart/cart.ts#CartProblem as CartProblemModel",
          OrderPreview: "../../cart/assess-cart.ts#CartAssessment",
          Order: "../../order/order.ts#Order as OrderModel",
          OrderConnection: "../connection.ts#Connection<OrderModel>",
          OrderLine: "../../order/order.ts#OrderLine as OrderLineModel",
          OrderStatusEvent: "../../order/order.store.ts#OrderEvent",
          PointsMovement: "../../order/order.ts#Movement",
          UnitIssue: "../../order/order.store.ts#LineIssue",
          ReturnPreview: "../../order/return-preview.ts#ReturnPreview as ReturnPreviewModel",
          ReversalRequest: "../../order/reversal-requests.ts#ReversalRequest as ReversalRequestModel",
          PointsReturn: "../../order/return-preview.ts#PointsReturn as PointsReturnModel",
          Discrepancy: "../../order/order.store.ts#Discrepancy as DiscrepancyModel",
          Voucher: "../../order/order.store.ts#IssuedVoucherRow",
          VoucherConnection: "../connection.ts#Connection<IssuedVoucherRow>",
          SavingGoal: "../../account/wishes.ts#SavingGoal as SavingGoalModel",
          SavedAddress: "../../account/saved-addresses.ts#SavedAddress as SavedAddressModel",
          WalletEntry: "../../account/wallet-entries.ts#WalletEntry as WalletEntryModel",
          WalletEntryConnection: "../connection.ts#Connection<WalletEntryModel>",
          ReconciliationRun: "../../reconciliation/reconciliation.store.ts#Run as RunRow",
          ReconciliationRunConnection: "../connection.ts#Connection<RunRow>",
          ReconciliationBreak: "../../reconciliation/reconciliation.store.ts#Break as BreakRow",
          ReconciliationBreakConnection: "../connection.ts#Connection<BreakRow>",
          Settlement: "../../reconciliation/settlement.ts#Settlement as SettlementModel",
          SettlementMonth: "../../reconciliation/month.ts#Month as MonthModel",
          ClosedMonth: "../../platform/generated/prisma/client.ts#ClosedMonth as ClosedMonthRow",
          RewardOverlay: "../../catalog/overlay-rewards.ts#Overlay as OverlayRow",
          OperatorNote: "../../console/notes.ts#Note",
          AttentionQueue: "../../console/attention.sql.ts#ReadQueue",
          AttentionItem: "../../console/attention.sql.ts#AttentionItem as AttentionItemModel",
          SearchHit: "../../console/search.ts#SearchHit as SearchHitModel",
          VoucherPool: "../../catalog/voucher-pools.ts#VoucherPool as VoucherPoolModel",
          PoolVoucher: "../../catalog/voucher-pools.ts#PoolVoucher as PoolVoucherModel",
          OperatorKey: "../../auth/operator-key.store.ts#OperatorKey as OperatorKeyModel",
          LinkedId: "../../members/index.ts#LinkedId as LinkedIdModel",
          OperatorAccount: "../../auth/accounts/account.store.ts#OperatorAccount as OperatorAccountModel",
          OperatorSession: "../../auth/operator-session.store.ts#ListedSession",
          Brand: "../../brand/index.ts#Brand as BrandModel",
          Webhook: "../../webhooks/webhook.store.ts#Webhook as WebhookModel",
          WebhookDelivery: "../../webhooks/webhook.store.ts#Message as WebhookMessageModel",
          WebhookDeliveryConnection: "../connection.ts#Connection<WebhookMessageModel>",
          AuditEntry: "../../audit/audit-pages.sql.ts#AuditRow",
          AuditEntryConnection: "../connection.ts#Connection<AuditRow>",
          AuditSeal: "../../platform/generated/prisma/client.ts#AuditSeal as AuditSealRow",
          RewardAward: "../../awards/award-model.ts#AwardModel",
          AwardToResolve: "../../awards/award-model.ts#AwardModel",
          AwardToResolveConnection: "../connection.ts#Connection<AwardModel>",
          RewardOutcome: "../../intake/outcomes.ts#LineOutcome",
          RewardRule: "../../rules/rule.store.ts#RuleRow",
          RewardCampaign: "../../rules/campaigns.ts#Campaign",
          LuckyDrawPrize: "../../draws/announced-draw.ts#AnnouncedPrize",
          PurchaseMultiplier: "../../rules/rules.resolvers.ts#ShownMultiplier",
          LuckyDraw: "../../draws/announced-draw.ts#AnnouncedDraw",
          QuarantinedReward: "../../intake/quarantine/quarantine.store.ts#QuarantinedReward as QuarantinedModel",
          QuarantinedRewardConnection: "../connection.ts#Connection<QuarantinedModel>",
          RevealedVoucher: "../../order/reveal-voucher.ts#RevealedVoucher as RevealedVoucherModel",
          MemberEvent: "../../feed/shown-event.ts#ShownEvent",
          AwardMade: "../../feed/shown-event.ts#ShownAwardMade",
          AwardCredited: "../../feed/shown-event.ts#ShownAwardCredited",
          AwardRefused: "../../feed/shown-event.ts#ShownAwardRefused",
          CheckInRecorded: "../../feed/shown-event.ts#ShownCheckInRecorded",
          TicketDrawn: "../../feed/shown-event.ts#ShownTicketDrawn",
          DrawResult: "../../feed/shown-event.ts#ShownDrawResult",
          OrderStatusChanged: "../../feed/shown-event.ts#ShownOrderStatusChanged",
          EventsMissed: "../../feed/shown-event.ts#ShownEventsMissed",
          RewardHistoryEntry: "../../awards/history/history.store.ts#EarnedReward",
          RewardTotal: "../../awards/history/history.store.ts#EarnedTotal",
          RewardHistoryConnection: "../connection.ts#Connection<EarnedReward>",
          CheckInStatus: "../../awards/history/check-in-status.ts#CheckInStatus as CheckInStatusModel",
          DrawTicket: "../../awards/history/history.store.ts#HeldTicket",
          DrawTicketConnection: "../connection.ts#Connection<HeldTicket>",
        },
      },
    },
    "src/domain/generated/words.ts": {
      plugins: ["typescript"],
      config: { onlyEnums: true, enumType: "string-literal", enumsAsTypes: true },
    },
    ...siteDocuments("microsite"),
    ...siteDocuments("console"),
    "docs/schema.graphql": { plugins: [{ add: { content: clientSdl(typeDefs) } }] },
    "docs/subgraph.graphql": {
      plugins: [{ add: { content: subgraphSdl(typeDefs, { scopes: false, names: new Map() }) } }],
    },
  },
};

export default config;
