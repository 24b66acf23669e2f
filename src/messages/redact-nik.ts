import { readJson, writeJson } from "./json-tree.ts";
import { maskFor, maskTree, maskUnreadable } from "./mask-nik.ts";
import { MAX_MESSAGE_BYTES, textOfRaw } from "./raw-text.ts";

/**
 * A copy of a raw message that may be stored and shown: JSON text with every key and digit, but with `[nik removed]`
 * for national ids. Text that is not JSON loses all long numbers, and is cut to a maximum length. Never throws.
 */
export function redactNik(raw: unknown): string {
  const read = textOfRaw(raw);
  if (!("text" in read)) return maskUnreadable(beginningOf(raw));
  const json = readJson(read.text);
  if ("unreadable" in json) return maskUnreadable(read.text);
  return writeJson(maskTree(json.tree, maskFor(json.tree)));
}

/** The beginning of the message. The last digits are removed too, because they may be a part of a NIK. */
function beginningOf(raw: unknown): string {
  const text = typeof raw === "string" ? raw : raw instanceof Uint8Array ? lossy(raw) : writtenOut(raw);
  if (text.length <= MAX_MESSAGE_BYTES) return text;
  let end = MAX_MESSAGE_BYTES;
  while (end > 0 && /[\d .\\u-]/.test(text[end - 1] ?? "")) end--;
  return `${text.slice(0, end)}…`;
}

const lossy = (bytes: Uint8Array) => new TextDecoder().decode(bytes.subarray(0, MAX_MESSAGE_BYTES + 1));

function writtenOut(value: unknown): string {
  try {
    return JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? String(each) : each)) ?? "";
  } catch {
    return "";
  }
}
