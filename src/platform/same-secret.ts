import { hash, timingSafeEqual } from "node:crypto";

/** @returns a constant-time check whether a text equals one of these secrets; always false without secrets */
export function isOneOf(secrets: readonly string[]): (given: string) => boolean {
  const digest = (text: string) => hash("sha256", text, "buffer");
  const expected = secrets.map(digest);
  return (given) => {
    const found = digest(given);
    return expected.filter((each) => timingSafeEqual(found, each)).length > 0;
  };
}
