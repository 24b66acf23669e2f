import { createHash, randomUUID } from "node:crypto";
import type { Db, Prisma } from "../../platform/db.ts";
import type { QuarantinedReward } from "../../platform/generated/prisma/client.ts";
import type { MessageSource } from "../intake/accept-message.ts";
import type { Problem } from "../message/notes.ts";

export type { QuarantinedReward };

export interface Refused {
  /** Without national ids. */
  readonly payload: string;
  readonly nikHash: string | null;
  readonly ticketId: string | null;
  readonly problems: readonly Problem[];
  readonly source: MessageSource;
  readonly actor: string;
}

/** Puts a message aside. Sent again and refused again, it is the same one. @returns its id */
export async function quarantine(db: Db, { problems, ...refused }: Refused, now: Date): Promise<string> {
  const fingerprint = createHash("sha256")
    .update(JSON.stringify([refused.payload, refused.nikHash]))
    .digest("hex");
  const seen = {
    problems: problems as unknown as Prisma.InputJsonArray,
    lastReceivedAt: now,
  };
  const { id } = await db.quarantinedReward.upsert({
    where: { fingerprint },
    create: { id: randomUUID(), fingerprint, ...refused, ...seen, receivedAt: now },
    update: { ...seen, times: { increment: 1 } },
    select: { id: true },
  });
  return id;
}
