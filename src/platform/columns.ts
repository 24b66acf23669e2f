import { Prisma } from "./generated/prisma/client.ts";

/**
 * The columns of a model under the names of its fields, such as `"customer_id" as "customerId"`, for the statements of
 * hot reads: reads by Prisma take at least twice the CPU. The rows are valid Prisma models, because both use the same
 * types.
 *
 * @param fields of the model, such as `Prisma.OrderScalarFieldEnum`
 * @param options.of the table or its alias, if the statement has several
 * @param options.without fields that the statement leaves out
 */
export function columnsOf<Field extends string>(
  fields: Readonly<Record<Field, string>>,
  options: { of?: string; without?: readonly Field[] } = {},
): Prisma.Sql {
  const prefix = options.of === undefined ? "" : `${options.of}.`;
  const read = (Object.keys(fields) as Field[]).filter((field) => !options.without?.includes(field));
  return Prisma.raw(read.map((field) => `${prefix}"${columnOf(field)}" as "${field}"`).join(", "));
}

/** The column of a field: its name in snake case. */
export const columnOf = (field: string): string => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
