import { createHash } from "node:crypto";
import { type Refused, refusal, refused } from "../../domain/refusal.ts";
import { audit } from "../../platform/audit.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Db, inTransaction } from "../../platform/db.ts";
import { type CheckedPicture, checkPicture, MAX_BYTES } from "./check-picture.ts";
import { picturePath } from "./picture-route.ts";

export interface StoredPicture {
  bytes: Uint8Array;
  type: string;
}

export interface Pictures {
  /** Stores a picture. The same bytes are stored once. @param base64 its bytes */
  upload(base64: string, operatorId: string): Promise<(CheckedPicture & { imageUrl: string }) | Refused>;
  /** @param hash SHA-256 of the bytes, in hexadecimal */
  read(hash: string): Promise<StoredPicture | null>;
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const invalid = (problem: string) => refused(refusal("INVALID_INPUT", `The picture ${problem}.`, ["input", "base64"]));

export function makePictures({ db, clock }: { db: Db; clock: Clock }): Pictures {
  return {
    async upload(base64, operatorId) {
      if (base64.length > (MAX_BYTES * 4) / 3 + 4) return invalid(`is larger than ${MAX_BYTES / 1_024} kB`);
      if (!BASE64.test(base64)) return invalid("is not Base64");
      const bytes = Buffer.from(base64, "base64");
      const checked = checkPicture(bytes);
      if ("problem" in checked) return invalid(checked.problem);
      const hash = createHash("sha256").update(bytes).digest("hex");
      const now = clock.now();
      await inTransaction(db, async (tx) => {
        const row = { hash, ...checked, bytes, uploadedBy: operatorId, uploadedAt: now };
        const { count } = await tx.picture.createMany({ data: [row], skipDuplicates: true });
        if (count > 0) await audit(tx, { at: now, actor: operatorId, action: "picture.upload", subject: hash });
        // The retention sweep must not delete the picture before its reward is stored.
        else await tx.picture.updateMany({ where: { hash }, data: { uploadedAt: now } });
      });
      return { ...checked, imageUrl: picturePath(hash, checked.type) };
    },
    read: (hash) => db.picture.findUnique({ where: { hash }, select: { bytes: true, type: true } }),
  };
}
