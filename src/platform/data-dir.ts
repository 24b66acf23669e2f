import { existsSync, mkdirSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, resolve } from "node:path";
import { SetupError } from "./setup-error.ts";

const SET_DATA_DIR = "or set DATA_DIR to another directory";

/**
 * Creates a directory and its missing parents. Node's own recursive mkdir never ends if a parent cannot be created, as
 * in /proc.
 *
 * @param mode of the created directories
 */
export function makeDirectory(directory: string, mode = 0o777): void {
  const missing: string[] = [];
  let existing = resolve(directory);
  for (; !existsSync(existing); existing = dirname(existing)) missing.unshift(existing);
  if (missing.length === 0 && !statSync(existing).isDirectory()) missing.push(existing); // then mkdir throws
  for (const path of missing) {
    try {
      mkdirSync(path, { mode });
    } catch (error) {
      const isThere = (error as NodeJS.ErrnoException).code === "EEXIST" && statSync(path).isDirectory();
      if (!isThere) throw error; // otherwise another process created it first
    }
  }
}

/**
 * Explains a file system error below DATA_DIR.
 *
 * @param file the file being read or written, for errors that do not name it
 * @returns a SetupError for an error of the file system, any other error unchanged
 */
export function explainDataDirError(error: unknown, dataDir: string, file = dataDir): unknown {
  const { code, path: source = file, dest, syscall, message } = error as NodeJS.ErrnoException & { dest?: string };
  if (error instanceof SetupError || code === undefined || syscall === undefined) return error;
  return new SetupError(`DATA_DIR (${dataDir}): ${explain(code, dest ?? source, message)}`, { cause: error });
}

function explain(code: string, path: string, message: string): string {
  switch (code) {
    case "EEXIST":
      return `${path} is a file, not a directory. Remove the file, ${SET_DATA_DIR}.`;
    case "ENOTDIR":
      return `${path} cannot be created, because it is a file, or a part of its path is. Remove the file, ${SET_DATA_DIR}.`;
    case "EISDIR":
      return `${path} is a directory, and a file is needed. Remove the directory, ${SET_DATA_DIR}.`;
    case "EACCES":
    case "EPERM":
      return `user ${userName()} is not permitted to use ${path}. Give the user access (chown or chmod), ${SET_DATA_DIR}.`;
    case "EROFS":
      return `${path} is on a read-only file system. Mount it writable, ${SET_DATA_DIR}.`;
    case "ENOSPC":
    case "EDQUOT":
      return `no space is left for ${path}. Free some space, ${SET_DATA_DIR}.`;
    case "ENOENT":
      return `${path} cannot be created. Create the directory, ${SET_DATA_DIR}.`;
    default:
      return `${message}. Make ${path} usable, ${SET_DATA_DIR}.`;
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.()); // the user has no entry in /etc/passwd, as in many containers
  }
}
