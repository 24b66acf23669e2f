import { createHmac } from "node:crypto";
import type { MemberIds } from "../messages/message.ts";

/** A name a producer has for somebody. Of a national id it is the hash. */
export interface Identity {
  readonly kind: "USER_ID" | "MEMBER_ID" | "NIK";
  readonly value: string;
}

/** Somebody as a message names them, by all their names, or as the customer who is signed in. */
export type Person = { readonly identities: readonly [Identity, ...Identity[]] } | { readonly customerId: string };

export type HashNik = (nik: string) => string;

/** Keyed, and in letters only: digits of a hash might happen to be those of somebody's national id. */
export const makeHashNik =
  (key: Uint8Array): HashNik =>
  (nik) =>
    createHmac("sha256", key)
      .update(nik)
      .digest("hex")
      .replace(/./g, (digit) => "abcdefghijklmnop".charAt(Number.parseInt(digit, 16)));

export const userId = (value: string): Person => ({ identities: [{ kind: "USER_ID", value }] });

/** The names a message has for its member; null when there is none. */
export function personOf({ userId, memberId }: MemberIds, nikHash: string | null): Person | null {
  const [first, ...others] = [
    ...(userId === null ? [] : [{ kind: "USER_ID", value: userId } as const]),
    ...(memberId === null ? [] : [{ kind: "MEMBER_ID", value: memberId } as const]),
    ...(nikHash === null ? [] : [{ kind: "NIK", value: nikHash } as const]),
  ];
  return first ? { identities: [first, ...others] } : null;
}
