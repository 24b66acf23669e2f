import { describe, expect, test } from "vitest";
import { exactNumber, parseExactly } from "../../src/platform/exact-json.ts";

describe("JSON is read", () => {
  test("with inexact large whole numbers as text, and other values as by JSON.parse", () => {
    const text =
      '{"id":9223372036854775807,"list":[-9007199254740993],"safe":9007199254740991,"big":5.6E9,"half":0.1234567890123456789,"text":"9223372036854775807"}';
    expect(parseExactly(text)).toEqual({
      id: "9223372036854775807",
      list: ["-9007199254740993"],
      safe: 9_007_199_254_740_991,
      big: 5_600_000_000,
      half: 0.12345678901234568,
      text: "9223372036854775807",
    });
  });
  test("or is refused as by JSON.parse", () => {
    for (const text of ["", "{", "9223372036854775807x"]) expect(() => parseExactly(text)).toThrow(SyntaxError);
  });
});

describe("a whole number in digits", () => {
  test("is written with all digits", () => {
    expect(JSON.stringify({ id: exactNumber("9223372036854775807") })).toBe('{"id":9223372036854775807}');
  });
  test.each(["", "01", "-1", "1.5", "1e3", '1,"admin":true', " 1"])("is not %j", (text) => {
    expect(() => exactNumber(text)).toThrow(RangeError);
  });
});
