import DataLoader from "dataloader";
import type { Note, Notes } from "./notes.ts";

export interface ConsoleLoaders {
  /** By order. */
  notesOfOrder: DataLoader<string, Note[]>;
  assigneeOfOrder: DataLoader<string, string | null>;
  /** By customer. */
  notesOfCustomer: DataLoader<string, Note[]>;
  assigneeOfCustomer: DataLoader<string, string | null>;
}

export function consoleLoaders(notes: Notes, options: { cache: boolean }): ConsoleLoaders {
  const grouped = (read: Notes["ofOrders"], keyOf: (note: Note) => string | null) =>
    new DataLoader<string, Note[]>(async (keys) => {
      const found = Map.groupBy(await read(keys), keyOf);
      return keys.map((key) => found.get(key) ?? []);
    }, options);
  const single = (read: Notes["assigneesOfOrders"]) =>
    new DataLoader<string, string | null>(async (keys) => {
      const found = await read(keys);
      return keys.map((key) => found.get(key) ?? null);
    }, options);
  return {
    notesOfOrder: grouped(notes.ofOrders, ({ orderId }) => orderId),
    assigneeOfOrder: single(notes.assigneesOfOrders),
    notesOfCustomer: grouped(notes.ofCustomers, ({ customerId }) => customerId),
    assigneeOfCustomer: single(notes.assigneesOfCustomers),
  };
}
