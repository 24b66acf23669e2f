import { z } from "zod";
import { isRefused, refusal } from "../domain/refusal.ts";
import { type Connection, connectionFields, cursorPart, makeCursor, readPage, toPage } from "../graphql/connection.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { NO_UUID, toGlobalId, uuidOf } from "../graphql/global-id.ts";
import { requireCustomer } from "../graphql/guards.ts";
import type { IssuedVoucherRow } from "../order/index.ts";
import { availableIn } from "../wallet/index.ts";
import type { CustomerVouchers } from "./customer-vouchers.ts";
import type { SavedAddresses } from "./saved-addresses.ts";
import type { WalletEntries, WalletEntry } from "./wallet-entries.ts";
import type { Wishes } from "./wishes.ts";

export interface AccountDeps {
  addresses: SavedAddresses;
  wishes: Wishes;
  vouchers: CustomerVouchers;
  entries: WalletEntries;
}

const voucherCursor = z.tuple([cursorPart.instant, cursorPart.uuid]);
const entryCursor = z.tuple([cursorPart.instant, cursorPart.text]);

export function accountResolvers({ addresses, wishes, vouchers, entries }: AccountDeps): Resolvers {
  return {
    Customer: {
      savedAddresses: ({ customerId }) => addresses.of(customerId),
      async wishList({ customerId }, _, { loaders }) {
        const found = await Promise.all((await wishes.of(customerId)).map((id) => loaders.reward.load(id)));
        return found.filter((reward) => reward !== null);
      },
      savingGoal: ({ customerId }) => wishes.goalOf(customerId),
      async vouchers({ customerId }, { filter, ...args }) {
        const bounds = readPage(args, voucherCursor);
        const query = { customerId, states: filter?.states ?? null };
        const connection: Connection<IssuedVoucherRow> = {
          ...toPage(await vouchers.page(query, bounds), bounds),
          cursorOf: (voucher) => makeCursor([issuedAt(voucher).toISOString(), voucher.id]),
          totalCount: () => vouchers.count(query),
        };
        return connection;
      },
    },

    Wallet: {
      async entries({ customerId }, args) {
        const bounds = readPage(args, entryCursor);
        const connection: Connection<WalletEntry> = {
          ...toPage(await entries.page(customerId, bounds), bounds),
          cursorOf: ({ at, id }) => makeCursor([at.toISOString(), id]),
          totalCount: () => entries.count(customerId),
        };
        return connection;
      },
    },

    Reward: {
      wished: ({ id }, _, { loaders }) => loaders.wished.load(id),
    },

    OrderLine: {
      async order({ orderId }, _, { loaders }) {
        const order = await loaders.order.load(orderId);
        if (!order) throw new Error(`order ${orderId} of a line is gone`);
        return order;
      },
    },

    Voucher: {
      state: (voucher) => vouchers.stateOf(voucher),
      issuedAt,
      async orderLine({ lineId }, _, { loaders }) {
        const line = await loaders.orderLine.load(lineId);
        if (!line) throw new Error(`order line ${lineId} of a voucher is gone`);
        return line;
      },
    },

    Mutation: {
      async saveAddress(_, { input }, context) {
        const { customerId } = requireCustomer(context);
        const id = input.id == null ? null : (uuidOf("SavedAddress", input.id) ?? NO_UUID);
        const answer = await addresses.save(customerId, id, input.address);
        if (isRefused(answer)) return { savedAddress: null, customer: null, userErrors: answer.refusals };
        return { savedAddress: answer, customer: { customerId }, userErrors: [] };
      },
      async removeAddress(_, { input }, context) {
        const { customerId } = requireCustomer(context);
        await addresses.remove(customerId, uuidOf("SavedAddress", input.id) ?? NO_UUID);
        return { customer: { customerId }, userErrors: [] };
      },
      async setWish(_, { input }, context) {
        const { customerId } = requireCustomer(context);
        const rewardId = uuidOf("Reward", input.rewardId) ?? NO_UUID;
        const refusedBy = await wishes.set(customerId, rewardId, input.wished);
        if (refusedBy) return { reward: null, customer: null, userErrors: refusedBy.refusals };
        context.loaders.wished.clear(rewardId);
        return { reward: await context.loaders.reward.load(rewardId), customer: { customerId }, userErrors: [] };
      },
      async setSavingGoal(_, { input }, context) {
        const { customerId } = requireCustomer(context);
        const rewardId = input.rewardId == null ? null : (uuidOf("Reward", input.rewardId) ?? NO_UUID);
        const refusedBy = await wishes.setGoal(customerId, rewardId);
        if (refusedBy) return { savingGoal: null, customer: null, userErrors: refusedBy.refusals };
        context.loaders.wished.clearAll();
        return { savingGoal: await wishes.goalOf(customerId), customer: { customerId }, userErrors: [] };
      },
      async markVoucher(_, { input }, context) {
        const { customerId } = requireCustomer(context);
        const voucher = await vouchers.mark(customerId, uuidOf("Voucher", input.voucherId) ?? NO_UUID, input.used);
        const notFound = refusal("VOUCHER_NOT_FOUND", "Voucher not found.", ["input", "voucherId"]);
        return { voucher, userErrors: voucher ? [] : [notFound] };
      },
    },

    SavingGoal: {
      async reward({ rewardId }, _, { loaders }) {
        const reward = await loaders.reward.load(rewardId);
        if (!reward) throw new Error(`reward ${rewardId} of a saving goal is gone`);
        return reward;
      },
      async missingPoints({ customerId, rewardId }, _, { loaders }) {
        const [wallet, reward] = await Promise.all([loaders.wallet.load(customerId), loaders.reward.load(rewardId)]);
        return reward && Math.max(0, reward.points - availableIn(wallet));
      },
    },
    SavedAddress: { id: ({ id }) => toGlobalId("SavedAddress", id) },
    WalletEntry: {
      id: ({ id }) => toGlobalId("WalletEntry", id),
      order: ({ orderId }, _, { loaders }) => (orderId === null ? null : loaders.order.load(orderId)),
      award: ({ awardId }, _, { loaders }) => (awardId === null ? null : loaders.award.load(awardId)),
    },
    VoucherConnection: connectionFields<IssuedVoucherRow>(),
    WalletEntryConnection: connectionFields<WalletEntry>(),
  };
}

/** Every code that a customer owns has an allocation date. */
const issuedAt = ({ allocatedAt, createdAt }: IssuedVoucherRow): Date => allocatedAt ?? createdAt;
