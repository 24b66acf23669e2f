import { readFileSync } from "node:fs";
import type { Plugin } from "rolldown";

/** V8 keeps the source text of a module and its strings in memory: base64 in a module takes three times the bytes of the file. */
export const wasmFromFile: Plugin = {
  name: "wasm-from-file",
  load(id) {
    const file = /([^/]+)\.wasm-base64\.mjs$/.exec(id)?.[1];
    if (file === undefined) return undefined;
    const text = readFileSync(id, "utf8");
    const base64 = /const wasm = "([^"]+)"/.exec(text)?.[1];
    if (base64 === undefined) throw new Error(`${id} has no wasm as text`);
    this.emitFile({ type: "asset", fileName: `${file}.wasm`, source: Buffer.from(base64, "base64") });
    return `import { readFileSync } from "node:fs";
      export const wasm = readFileSync(new URL("./${file}.wasm", import.meta.url)); // as bytes, which Buffer.from takes, too`;
  },
};

/** A character above U+00FF makes V8 store the whole source text of a file with two bytes a character. */
export const ascii: Plugin = {
  name: "ascii",
  renderChunk: (code) =>
    code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
};
