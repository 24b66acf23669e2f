// Stand-ins for systems without a setting, in development and tests. This module is imported lazily, and the production
// build has `no-stand-ins.ts` in its place.
export { capillaryAccess } from "../../sandbox/capillary/access.ts";
export { startEmbeddedPostgres } from "../platform/postgres/embedded.ts";
export { startSandboxProcess } from "./sandbox-process.ts";
