import type { Readable } from "node:stream";
import type { Tx } from "../../platform/db.ts";
import type { PictureType } from "./check-picture.ts";

export interface PictureName {
  /** SHA-256 of the bytes, in hexadecimal. */
  hash: string;
  type: PictureType;
}

/** Where the bytes of pictures are. The row of a picture is in the database in each case. */
export interface PictureStorage {
  /**
   * Stores the bytes of a picture whose row the transaction has locked. A repetition changes nothing.
   *
   * @throws StorageError
   */
  write(tx: Tx, picture: PictureName, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** A storage outside of the database, for pictures whose row has no bytes. */
export interface ObjectStorage extends PictureStorage {
  /**
   * @returns a stream of the bytes, or null if the object does not exist
   * @throws StorageError
   */
  read(picture: PictureName): Promise<Readable | null>;
  /** Deletes an object. @throws StorageError */
  remove(picture: PictureName): Promise<void>;
  /** Makes a request to find out whether the storage can be used. @throws StorageError */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** The storage did not do what it was asked for. The message is a sentence for operators and says what to check. */
export class StorageError extends Error {
  override name = "StorageError";
}

export const databaseStorage: PictureStorage = {
  async write(tx, { hash }, bytes) {
    await tx.picture.update({ where: { hash }, data: { bytes } });
  },
};
