import { config } from "zod";

/** The page's policy lets no text become code, and shapes are faster to check by code made for them: they are not asked to try. */
config({ jitless: true });
