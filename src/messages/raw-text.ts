/** A message longer than this is not read, in bytes. */
export const MAX_MESSAGE_BYTES = 65_536;

export type UnreadableRaw = "TOO_LARGE" | "NOT_UTF8" | "NOT_JSON" | "TOO_DEEP" | "INEXACT_NUMBER";

/**
 * The text of a message, however it reached us: as text, as bytes, or as a value that somebody has read already. Such a value
 * is written out again, so that there is one way to read a message. It has lost digits if it has a whole number that is too
 * big to be exact; then it is better refused than taken for another number.
 */
export function textOfRaw(
  raw: unknown,
  maxBytes: number = MAX_MESSAGE_BYTES,
): { readonly text: string } | { readonly unreadable: UnreadableRaw } {
  const read =
    typeof raw === "string" ? { text: raw } : raw instanceof Uint8Array ? decode(raw, maxBytes) : written(raw);
  if ("unreadable" in read) return read;
  if (Buffer.byteLength(read.text) > maxBytes) return { unreadable: "TOO_LARGE" };
  return { text: read.text.replace(/^\uFEFF/, "") };
}

function decode(bytes: Uint8Array, maxBytes: number): { text: string } | { unreadable: UnreadableRaw } {
  if (bytes.byteLength > maxBytes) return { unreadable: "TOO_LARGE" };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return { unreadable: "NOT_UTF8" };
  }
}

function written(value: unknown): { text: string } | { unreadable: UnreadableRaw } {
  let inexact = false;
  try {
    const text: string | undefined = JSON.stringify(value, (_, each: unknown) => {
      if (typeof each === "bigint") return JSON.rawJSON(String(each));
      if (typeof each === "number" && Number.isInteger(each) && !Number.isSafeInteger(each)) inexact = true;
      return each;
    });
    if (inexact) return { unreadable: "INEXACT_NUMBER" };
    return text === undefined ? { unreadable: "NOT_JSON" } : { text };
  } catch (error) {
    // A circle is a TypeError; so many levels that the stack runs out, a RangeError.
    return { unreadable: error instanceof RangeError ? "TOO_DEEP" : "NOT_JSON" };
  }
}
