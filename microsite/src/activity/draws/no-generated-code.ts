import { config } from "zod";

/** The content security policy forbids eval. By default Zod compiles its validators with it, so the compiler is off. */
config({ jitless: true });
