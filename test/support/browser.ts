import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Browser, LaunchOptions } from "playwright-core";
import manifest from "../../package.json" with { type: "json" };

const system = "/usr/bin/chromium";
const packageName = "@sparticuz/chromium";
/** The package is a headless shell for Linux on x64. It takes less than half the CPU time of the system's Chromium. */
const isPackaged = process.platform === "linux" && process.arch === "x64" && isInstalled(packageName);

export const hasBrowser = isPackaged || existsSync(system);

let browser: Promise<Browser> | undefined;

/** The browser of all test files of this process. Playwright ends it with the process. */
export function openBrowser(): Promise<Browser> {
  browser ??= launch();
  return browser;
}

async function launch(): Promise<Browser> {
  const { chromium } = await import("playwright-core"); // not for callers that only ask whether a browser is installed
  return chromium.launch({
    ...(isPackaged ? packaged() : { executablePath: system }),
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
}

function packaged(): LaunchOptions {
  const directory = extracted();
  return {
    executablePath: join(directory, "chromium"),
    env: { ...process.env, LD_LIBRARY_PATH: join(directory, "al2023/lib"), FONTCONFIG_PATH: directory },
  };
}

/** Extracts the package's archives once per version. @returns the directory */
function extracted(): string {
  const caches = fileURLToPath(new URL("../../node_modules/.cache", import.meta.url));
  const directory = join(caches, `chromium-${manifest.devDependencies[packageName]}`);
  if (existsSync(directory)) return directory;
  mkdirSync(caches, { recursive: true });
  const unfinished = mkdtempSync(`${directory}-`);
  // The package extracts into the temporary directory of its process, and its libraries only for AWS.
  const main = pathToFileURL(createRequire(import.meta.url).resolve(packageName)).href;
  const script = `await (await import(${JSON.stringify(main)})).default.executablePath()`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    env: { ...process.env, TMPDIR: unfinished, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x" },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${packageName} could not be extracted to ${unfinished}: ${stderr}`);
  // The package's own file names directories of AWS only.
  writeFileSync(join(unfinished, "fonts.conf"), fontConfig(directory));
  try {
    renameSync(unfinished, directory);
  } catch (error) {
    if (!existsSync(directory)) throw error;
    rmSync(unfinished, { recursive: true }); // another process was faster
  }
  return directory;
}

const fontConfig = (directory: string) => `<?xml version="1.0"?>
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>${directory}/fonts</dir>
  <cachedir>${directory}/fonts-cache</cachedir>
</fontconfig>
`;

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}
