import { z } from "zod";

/** A name that goes into keys and addresses: `welcome-2026`. */
export const slug = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "is small letters and digits, with - between words");
