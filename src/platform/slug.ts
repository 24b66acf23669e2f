import { z } from "zod";

/** A name for keys and addresses, such as `welcome-2026`. */
export const slug = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "is small letters and digits, with - between words");
