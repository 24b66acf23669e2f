import { type Refused, refusal, refused } from "../domain/refusal.ts";
import { looksLikeNik } from "../messages/nik.ts";
import type { HashNik, Identity } from "./identity.ts";

/** Normalises ids from an operator like those in messages: digits without leading zeros. A national id is hashed. */
export function readIdentities(
  ids: Partial<Record<"memberId" | "userId" | "nik", string | null | undefined>>,
  hashNik: HashNik,
): Identity[] | Refused {
  const identities: Identity[] = [];
  for (const [field, kind] of [
    ["memberId", "MEMBER_ID"],
    ["userId", "USER_ID"],
  ] as const) {
    const written = ids[field]?.trim();
    if (!written) continue;
    const value = written.replace(/^0+/, "");
    if (!/^\d{1,20}$/.test(value) || looksLikeNik(value)) return notAnId(field);
    identities.push({ kind, value });
  }
  const nik = ids.nik?.replace(/[ .-]/g, "");
  if (!nik) return identities;
  if (!/^\d{6,32}$/.test(nik)) return notAnId("nik");
  return [...identities, { kind: "NIK", value: hashNik(nik) }];
}

const notAnId = (field: string) => refused(refusal("INVALID_INPUT", `${field}: is no such id`, ["input", field]));
