import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface OwnSandbox extends Disposable {
  /** Settings for `startTestGateway`: without an upstream, the gateway starts a sandbox itself, as `npm start` does. */
  settings: Record<string, string>;
}

/** A folder for the sandbox that a gateway under test starts as its own child. */
export function ownSandbox(): OwnSandbox {
  const dataDir = mkdtempSync(join(tmpdir(), "tessera-own-sandbox-"));
  return {
    settings: {
      CLIENT_API_URL: "",
      CAPILLARY_REWARDS_URL: "",
      CAPILLARY_INTOUCH_URL: "",
      SANDBOX_PORT: "0",
      DATA_DIR: dataDir,
    },
    [Symbol.dispose]: () => rmSync(dataDir, { recursive: true, force: true }),
  };
}
