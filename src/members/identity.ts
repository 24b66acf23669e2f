import { createHmac } from "node:crypto";
import type { MemberIds } from "../messages/message.ts";

/** An identity: a producer's id for a person. A national id is represented by its hash. */
export interface Identity {
  readonly kind: "USER_ID" | "MEMBER_ID" | "NIK";
  readonly value: string;
}

/** A person as a message names them: by identities, or as the signed-in customer. */
export type Person = { readonly identities: readonly [Identity, ...Identity[]] } | { readonly customerId: string };

export type HashNik = (nik: string) => string;

/** A keyed hash in letters only: digits of a hash could coincide with a national id. */
export const makeHashNik =
  (key: Uint8Array): HashNik =>
  (nik) =>
    createHmac("sha256", key)
      .update(nik)
      .digest("hex")
      .replace(/./g, (digit) => "abcdefghijklmnop".charAt(Number.parseInt(digit, 16)));

export const userId = (value: string): Person => ({ identities: [{ kind: "USER_ID", value }] });

/** The person named as a message's member; null without a name. */
export function personOf({ userId, memberId }: MemberIds, nikHash: string | null): Person | null {
  const [first, ...others] = [
    ...(userId === null ? [] : [{ kind: "USER_ID", value: userId } as const]),
    ...(memberId === null ? [] : [{ kind: "MEMBER_ID", value: memberId } as const]),
    ...(nikHash === null ? [] : [{ kind: "NIK", value: nikHash } as const]),
  ];
  return first ? { identities: [first, ...others] } : null;
}
