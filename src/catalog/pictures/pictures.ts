import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type Refused, refusal, refused } from "../../domain/refusal.ts";
import { audit } from "../../platform/audit.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Db, inTransaction, Prisma } from "../../platform/db.ts";
import type { Logger } from "../../platform/logger.ts";
import { type CheckedPicture, checkPicture, MAX_BYTES, type PictureType } from "./check-picture.ts";
import { picturePath } from "./picture-route.ts";
import { databaseStorage, type ObjectStorage, type PictureName, StorageError } from "./picture-storage.ts";

export interface StoredPicture {
  bytes: Uint8Array | Readable;
  type: string;
}

export interface Pictures {
  /** Stores a picture. The same bytes are stored once. @param base64 its bytes */
  upload(base64: string, operatorId: string): Promise<(CheckedPicture & { imageUrl: string }) | Refused>;
  /**
   * @param hash SHA-256 of the bytes, in hexadecimal
   * @returns null if the picture is not known, or its bytes are gone
   * @throws StorageError
   */
  read(hash: string): Promise<StoredPicture | null>;
  /** Deletes pictures that nothing shows. Any number of processes may run it. */
  sweep(): Promise<void>;
  /**
   * Moves the bytes of all pictures to where new ones are stored, while gateways run. A repetition continues after a failure.
   *
   * @throws StorageError
   */
  move(): Promise<{ moved: number; missing: string[] }>;
}

export interface PictureDeps {
  db: Db;
  /** Undefined without an S3-compatible storage. */
  objects: ObjectStorage | undefined;
  /** Whether new pictures are stored there instead of in the database. */
  storesObjects: boolean;
  clock: Clock;
  log: Logger;
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const invalid = (problem: string) => refused(refusal("INVALID_INPUT", `The picture ${problem}.`, ["input", "base64"]));

const MS_PER_DAY = 86_400_000;
/** An uploaded picture waits so long for a reward that shows it. */
const UNUSED_DAYS = 30;

export function makePictures({ db, objects, storesObjects, clock, log }: PictureDeps): Pictures {
  const storage = storesObjects && objects ? objects : databaseStorage;

  /** Deletes one unused picture with its bytes. @returns whether one was found */
  const sweepOne = () =>
    inTransaction(db, async (tx) => {
      const before = new Date(clock.now().getTime() - UNUSED_DAYS * MS_PER_DAY);
      const [picture] = await tx.$queryRaw<(PictureName & { isObject: boolean })[]>`
        select hash, type, bytes is null as "isObject" from pictures p
        where uploaded_at < ${before} ${objects ? Prisma.empty : Prisma.sql`and bytes is not null`}
          and not exists (
            select from (
              select image_url from rewards where image_url like '%/images/pictures/%'
              union all select image_url from reward_overlays where image_url like '%/images/pictures/%') as used
            where substring(used.image_url from '/images/pictures/([0-9a-f]{64})') = p.hash)
          and not exists (select from brand where logo_hash = p.hash)
        limit 1 for update skip locked`;
      if (!picture) return false;
      const { hash, type, isObject } = picture;
      // The row is locked: an upload of the same picture waits, and stores the object again.
      if (isObject) await objects?.remove({ hash, type });
      await tx.picture.delete({ where: { hash } });
      return true;
    });

  /** Moves the next picture that is stored elsewhere. @returns null after the last one */
  const moveNext = (after: string) =>
    inTransaction(db, async (tx) => {
      const isElsewhere = Prisma.raw(storage === databaseStorage ? "bytes is null" : "bytes is not null");
      const [picture] = await tx.$queryRaw<(PictureName & { bytes: Uint8Array | null })[]>`
        select hash, type, bytes from pictures where ${isElsewhere} and hash > ${after} order by hash limit 1 for update`;
      if (!picture) return null;
      const object = picture.bytes ?? (await objects?.read(picture));
      if (!object) return { ...picture, isMoved: false };
      const bytes = object instanceof Uint8Array ? object : await buffer(object);
      await storage.write(tx, picture, new Uint8Array(bytes));
      if (picture.bytes) await tx.picture.update({ where: { hash: picture.hash }, data: { bytes: null } });
      return { ...picture, isMoved: true };
    });

  return {
    async upload(base64, operatorId) {
      if (base64.length > (MAX_BYTES * 4) / 3 + 4) return invalid(`is larger than ${MAX_BYTES / 1_024} kB`);
      if (!BASE64.test(base64)) return invalid("is not Base64");
      const bytes = Buffer.from(base64, "base64");
      const checked = checkPicture(bytes);
      if ("problem" in checked) return invalid(checked.problem);
      const hash = createHash("sha256").update(bytes).digest("hex");
      const now = clock.now();
      try {
        await inTransaction(db, async (tx) => {
          const row = { hash, ...checked, uploadedBy: operatorId, uploadedAt: now };
          const { count } = await tx.picture.createMany({ data: [row], skipDuplicates: true });
          if (count > 0) await audit(tx, { at: now, actor: operatorId, action: "picture.upload", subject: hash });
          // The retention sweep must not delete the picture before its reward is stored.
          else await tx.picture.updateMany({ where: { hash }, data: { uploadedAt: now } });
          await storage.write(tx, { hash, type: checked.type }, new Uint8Array(bytes));
        });
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        log.warn({ err: error, picture: hash }, "A picture was not stored");
        return refused(refusal("UPSTREAM_UNAVAILABLE", `The picture was not stored. ${error.message}`));
      }
      return { ...checked, imageUrl: picturePath(hash, checked.type) };
    },

    async read(hash) {
      const row = await db.picture.findUnique({ where: { hash }, select: { bytes: true, type: true } });
      if (!row) return null;
      if (row.bytes) return { bytes: row.bytes, type: row.type };
      const bytes = await objects?.read({ hash, type: row.type as PictureType });
      if (bytes) return { bytes, type: row.type };
      const reason = objects ? "its object is gone from the storage" : "no S3-compatible storage is configured";
      log.error({ picture: hash }, `A picture cannot be shown: ${reason}`);
      return null;
    },

    async sweep() {
      while (await sweepOne());
    },

    async move() {
      let moved = 0;
      const missing: string[] = [];
      for (let next = await moveNext(""); next; next = await moveNext(next.hash)) {
        const { hash, type, bytes, isMoved } = next;
        if (isMoved) moved += 1;
        else missing.push(hash);
        if (isMoved && bytes === null) await objects?.remove({ hash, type }); // after the commit of its bytes
      }
      return { moved, missing };
    },
  };
}
