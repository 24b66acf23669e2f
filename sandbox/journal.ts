import { appendFileSync, closeSync, ftruncateSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { z } from "zod";
import { makeDirectory } from "../src/platform/data-dir.ts";
import { explain } from "./read-json.ts";

/** An append-only file of JSON lines that outlives the process. */
export interface Journal<Line> {
  /**
   * Written to the operating system before it returns: the line survives the end of this process, but not a power cut.
   */
  append(line: Line): void;
  empty(): void;
  close(): void;
}

/** A journal without storage, for data that lives in memory only. */
export const noJournal: Journal<unknown> = { append() {}, empty() {}, close() {} };

/**
 * Opens or creates a journal and replays its lines.
 * @param replay receives each line in order; its errors are reported with file and line number
 * @param warn called for a torn last line, which is cut off: its writer had not answered for it yet
 */
export function openJournal<Line>(
  file: string,
  schema: z.ZodType<Line>,
  replay: (line: Line) => void,
  warn: (message: string) => void,
): Journal<Line> {
  makeDirectory(dirname(file));
  const handle = openSync(file, "a+");
  try {
    const bytes = readFileSync(file);
    const size = bytes.lastIndexOf("\n") + 1;
    const lines = bytes.toString("utf8", 0, size).split("\n").slice(0, -1);
    for (const [index, text] of lines.entries()) {
      try {
        replay(parseLine(schema, text));
      } catch (error) {
        throw new Error(
          `${file}:${index + 1}: ${error instanceof Error ? error.message : error}. Repair this line, or delete the file to begin with the sample data.`,
        );
      }
    }
    if (size < bytes.length) {
      warn(`${file}:${lines.length + 1}: ignored a torn last line`);
      ftruncateSync(handle, size);
    }

    return {
      append: (line) => appendFileSync(handle, `${JSON.stringify(line)}\n`),
      empty: () => ftruncateSync(handle, 0),
      close: () => closeSync(handle),
    };
  } catch (error) {
    closeSync(handle);
    throw error;
  }
}

function parseLine<Line>(schema: z.ZodType<Line>, text: string): Line {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("not JSON");
  }
  const result = schema.safeParse(value);
  if (!result.success) throw new Error(explain(result.error));
  return result.data;
}
