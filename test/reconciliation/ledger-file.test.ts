import { describe, expect, test } from "vitest";
import { readLedgerFile } from "../../src/reconciliation/ledger-file.ts";

const header = "entry_id,at,customer_id,type,order_id,reference,points";

test("entries are read in the notations of programs and spreadsheets", () => {
  const file = `${header}
1,2026-11-28T10:00:00Z,CUST1,redeem,ORD-261128-7K3MQ9XZ4T,,200
2,2026-11-28T17:00:00.5+07:00,CUST1,Reverse,ORD-261128-7K3MQ9XZ4T,"Order cancellation (ORD-261128-7K3MQ9XZ4T/R1)",+50
3,2026-11-28T10:00:02Z,CUST1,CREDIT,,AWARD-1,70
`;
  expect(readLedgerFile(file)).toEqual({
    entries: [
      {
        entryId: "1",
        at: new Date("2026-11-28T10:00:00Z"),
        customerId: "CUST1",
        type: "REDEEM",
        orderId: "ORD-261128-7K3MQ9XZ4T",
        reference: null,
        points: 200,
      },
      expect.objectContaining({ type: "REVERSE", at: new Date("2026-11-28T10:00:00.500Z"), points: 50 }),
      expect.objectContaining({ type: "CREDIT", orderId: null, reference: "AWARD-1" }),
    ],
  });
  const semicolons = file
    .replace(header, "Entry ID;At;Customer ID;Type;Order ID;Reference;Points")
    .replaceAll(/^\d.*$/gm, (line) => line.replaceAll(",", ";"));
  expect(readLedgerFile(semicolons)).toEqual(readLedgerFile(file));
});

test("a deduction may have the sign of the provider's books", () => {
  const read = readLedgerFile(`${header}\n1,2026-11-28T10:00:00Z,C,redeem,O,,-200`);
  expect(read).toMatchObject({ entries: [{ type: "REDEEM", points: 200 }] });
});

describe("an invalid statement file is refused with its lines:", () => {
  test.each([
    ["1,2026-11-28,C,redeem,O,,1", "at: expected a moment with its zone, such as 2026-11-28T10:00:00Z"],
    ["1,2026-11-28T10:00:00,C,redeem,O,,1", "at: expected a moment with its zone, such as 2026-11-28T10:00:00Z"],
    ["1,2026-11-28T10:00:00Z,C,refund,O,,1", "type: expected redeem, reverse or credit"],
    ["1,2026-11-28T10:00:00Z,C,redeem,,,1", "order_id: is empty; a redeem and a reverse name the order"],
    ["1,2026-11-28T10:00:00Z,C,redeem,O,,1.5", "points: expected a whole number of points"],
    ["1,2026-11-28T10:00:00Z,C,redeem,O,,0", "points: expected more than 0"],
    [",2026-11-28T10:00:00Z,C,redeem,O,,1", "entry_id: is empty; every entry needs an id that never changes"],
  ])("%s", (line, message) => {
    expect(readLedgerFile(`${header}\n0,2026-11-28T10:00:00Z,C,redeem,O,,1\n${line}`)).toEqual({
      problems: [{ line: 3, message }],
    });
  });

  test("a column is missing, unknown or repeated", () => {
    expect(readLedgerFile("entry_id,at\n1,2")).toEqual({
      problems: [{ line: 1, message: "the columns customer_id, type, order_id, points are missing" }],
    });
    expect(readLedgerFile(`${header},note\n`)).toMatchObject({
      problems: [{ line: 1, message: expect.stringContaining("the column note is unknown") }],
    });
    expect(readLedgerFile(`${header},points\n`)).toMatchObject({
      problems: [{ line: 1, message: expect.stringContaining("points is there twice") }],
    });
  });
});
