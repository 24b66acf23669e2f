import { SetupError } from "../platform/setup-error.ts";
import type * as standIns from "./stand-ins.ts";

const missing = (program: string, setting: string) => (): never => {
  throw new SetupError(`${setting}: required, because the production build has no ${program}.`);
};

// Replaces `stand-ins.ts` in the production build.
export const startEmbeddedPostgres: typeof standIns.startEmbeddedPostgres = missing(
  "embedded PostgreSQL",
  "DATABASE_URL",
);
export const startSandboxProcess: typeof standIns.startSandboxProcess = missing("sandbox", "CLIENT_API_URL");
export const capillaryAccess: typeof standIns.capillaryAccess = missing("sandbox", "CLIENT_API_URL");
