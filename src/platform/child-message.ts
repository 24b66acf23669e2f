import type { ChildProcess } from "node:child_process";
import type { z } from "zod";

/**
 * The first message from the child process that matches the schema. Other messages are ignored, because Node itself
 * (`node --watch`) and other features use the same channel.
 *
 * @returns undefined if the child process ends first
 */
export function messageFrom<Schema extends z.ZodType>(
  child: ChildProcess,
  schema: Schema,
): Promise<z.infer<Schema> | undefined> {
  return new Promise((resolve, reject) => {
    child.on("message", function onMessage(raw) {
      const message = schema.safeParse(raw);
      if (!message.success) return;
      child.off("message", onMessage);
      resolve(message.data);
    });
    child.once("exit", () => resolve(undefined)).once("error", reject);
  });
}
