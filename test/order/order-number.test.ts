import { expect, test } from "vitest";
import { readOrderNumber } from "../../src/domain/order-number.ts";

test("the letters O, I and L stand for digits in the day as well as behind it", () => {
  for (const dictated of ["ORD-261130-0A1B2C3D4E", "ord 26113o oa1b2c3d4e", "0rd26ll30 oaib2c3d4e"]) {
    expect(readOrderNumber(dictated)).toBe("ORD-261130-0A1B2C3D4E");
  }
});
