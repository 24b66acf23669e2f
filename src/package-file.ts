import { fileURLToPath } from "node:url";

/**
 * Finds a file or directory of the program's package, such as `schema`. This module is one directory below the root of
 * the checkout, and the chunks of a build (`scripts/build.ts`) are one below the root of the build.
 *
 * @param path relative to the root, with slashes
 * @returns its absolute path
 */
export const packageFile = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
