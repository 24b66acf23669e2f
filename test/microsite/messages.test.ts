import { readFileSync } from "node:fs";
import { type MessageFormatElement, parse, TYPE } from "@formatjs/icu-messageformat-parser";
import { expect, test } from "vitest";

type Texts = Record<string, string>;
const read = (language: string): Texts =>
  JSON.parse(readFileSync(new URL(`../../microsite/messages/${language}.json`, import.meta.url), "utf8"));

/** The names of a text's placeholders. */
function argumentsOf(elements: readonly MessageFormatElement[]): string[] {
  const names = elements.flatMap((element) => {
    if (element.type === TYPE.literal || element.type === TYPE.pound) return [];
    const inner = "options" in element ? Object.values(element.options).flatMap(({ value }) => argumentsOf(value)) : [];
    return [element.value, ...inner];
  });
  return [...new Set(names)].sort();
}

test.each(["hi", "id"])("%s has every text of English, with the same placeholders", (language) => {
  const english = read("en");
  const translated = read(language);
  expect(Object.keys(translated)).toEqual(Object.keys(english));
  for (const [key, text] of Object.entries(english)) {
    expect([key, argumentsOf(parse(translated[key] ?? ""))]).toEqual([key, argumentsOf(parse(text))]);
  }
});
