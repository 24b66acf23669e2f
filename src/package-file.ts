import { fileURLToPath } from "node:url";

/**
 * Finds a file or directory that comes with the program, such as `schema`. This module stands one directory below the root of
 * the checkout, and the chunks of a build (`scripts/build.ts`) one below the root of the build.
 *
 * @param path relative to the root, with slashes
 * @returns its absolute path
 */
export const packageFile = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
