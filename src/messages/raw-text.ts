/** The maximum length of a message, in bytes. */
export const MAX_MESSAGE_BYTES = 65_536;

export type UnreadableRaw = "TOO_LARGE" | "NOT_UTF8" | "NOT_JSON" | "TOO_DEEP" | "INEXACT_NUMBER";

/**
 * The text of a message from text, bytes, or a parsed value. A parsed value is serialised again, so that there is one
 * way to read messages. If it contains a whole number beyond the safe range, digits were lost, and the message is
 * refused.
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
    // A circular value throws a TypeError; a nesting that exhausts the stack, a RangeError.
    return { unreadable: error instanceof RangeError ? "TOO_DEEP" : "NOT_JSON" };
  }
}
