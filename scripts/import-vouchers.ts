// Adds the voucher codes of a CSV file to a reward's pool, on the running gateway: `importVoucherCodes`.
//
//   npm run vouchers:import -- <SKU> <file> [address of the gateway]     a file of - reads standard input
//
// The first line names the columns: code, and pin or validUntil. UTF-8 and UTF-16, with commas, semicolons or tabs.
// Exit codes: 0 all codes are added, 1 none is because some are invalid (each is reported with its line), 2 the file is
// not readable or the gateway not reachable.
import "./explain-errors.ts";
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { originOf } from "../src/http/origin.ts";
import { decodeText } from "../src/platform/csv-table.ts";
import { commandLine, readProcessConfig } from "../src/program/command-line.ts";
import { askOperator } from "./ask-gateway.ts";

interface Report {
  imported: number;
  rejected: { line: number; reason: string }[];
  userErrors: { message: string }[];
}

const [sku, path, address] = process.argv.slice(2);
if (!sku || !path)
  stop(`Give the reward's SKU and the file: ${commandLine("vouchers:import", "COFFEE-100 codes.csv")}`);
const { host, port, operatorToken } = readProcessConfig();
const gateway = address ?? originOf(host, port);
if (!/^https?:$/.test(URL.parse(gateway)?.protocol ?? "")) {
  stop(`${gateway} is not the address of a gateway: give one such as http://localhost:4000.`);
}
if (operatorToken === undefined)
  stop(
    "OPERATOR_TOKEN: required in production. Set it to the gateway's, or to the key of an operator (createOperatorKey).",
  );

const bytes = await (path === "-" ? buffer(process.stdin) : readFile(path)).catch((error: Error) =>
  stop(`Could not read ${path}: ${error.message}. Give a CSV file that exists.`),
);
const { reward } = await ask<{ reward: { id: string } | null }>("query ($sku: String!) { reward(sku: $sku) { id } }", {
  sku,
});
if (!reward) stop(`No reward has the SKU ${sku}.`);
const { importVoucherCodes: report } = await ask<{ importVoucherCodes: Report }>(
  `mutation ($input: ImportVoucherCodesInput!) { importVoucherCodes(input: $input) {
    imported rejected { line reason } userErrors { message } } }`,
  { input: { rewardId: reward.id, csv: decodeText(bytes) } },
);
for (const { line, reason } of report.rejected) console.error(`line ${line}: ${reason}`);
for (const { message } of report.userErrors) console.error(message);
console.log(`${report.imported} codes added to ${sku}.`);
process.exitCode = report.rejected.length + report.userErrors.length === 0 ? 0 : 1;

function ask<Data>(query: string, variables: Record<string, unknown>): Promise<Data> {
  return askOperator({ gateway, operatorToken: operatorToken ?? "" }, query, variables);
}

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}
