import { expect, test } from "vitest";
import { maskMobile } from "../../src/auth/mask-mobile.ts";

test.each([
  ["98XXXXXX45", "98XXXXXX45"],
  ["98******45", "98******45"],
  ["+91 98XXX", "+91 98XXX"],
  ["9876543245", "98XXXXXX45"],
  ["+91 98765-43245", "91XXXXXXXX45"],
  ["९८७६५४३२१०", "९८XXXXXX१०"],
  ["98765XXX45", "98XXXXXX45"],
  ["12", null],
  ["asha@example.com", null],
  ["", null],
  ["1".repeat(40), null],
])("the mobile number %j is masked as %j", (mobile, shown) => {
  expect(maskMobile(mobile)).toBe(shown);
});
