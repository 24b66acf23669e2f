import { readJson, writeJson } from "./json-tree.ts";
import { maskFor, maskTree, maskUnreadable } from "./mask-nik.ts";
import { MAX_MESSAGE_BYTES, textOfRaw } from "./raw-text.ts";

/**
 * A copy of a message as it came that may be stored and shown: as JSON text with every key and digit but those of national
 * ids, which are `[nik removed]`. What is no JSON loses all long numbers, and its end if it is too long.
 * It never throws.
 */
export function redactNik(raw: unknown): string {
  const read = textOfRaw(raw);
  if (!("text" in read)) return maskUnreadable(beginningOf(raw));
  const json = readJson(read.text);
  if ("unreadable" in json) return maskUnreadable(read.text);
  return writeJson(maskTree(json.tree, maskFor(json.tree)));
}

/** As much of it as we keep. The last digits may be half a NIK that is not known for one, so they go too. */
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
