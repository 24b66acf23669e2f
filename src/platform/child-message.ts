import type { ChildProcess } from "node:child_process";
import type { z } from "zod";

/**
 * The first message from the child that fits the schema; others are ignored, since Node's own (`node --watch`) and other
 * features' messages use the same channel.
 *
 * @returns undefined when the child ends first
 */
export function messageFrom<Schema extends z.ZodType>(
  child: ChildProcess,
  schema: Schema,
): Promise<z.infer<Schema> | undefined> {
  return new Promise((resolve, reject) => {
    child.on("message", function hear(raw) {
      const message = schema.safeParse(raw);
      if (!message.success) return;
      child.off("message", hear);
      resolve(message.data);
    });
    child.once("exit", () => resolve(undefined)).once("error", reject);
  });
}
