import type { Cipher, KeyedHashes } from "../platform/cipher.ts";
import { addressBlock } from "./otp-limits.ts";

/**
 * The browser and the address of a request for a one-time password or a use of a sign-in link, as keyed hashes. Store
 * the first hash of each; search by all.
 */
export interface Requester {
  addressHashes: KeyedHashes;
  /** Null if the request has no device cookie. */
  deviceHashes: KeyedHashes | null;
  /**
   * The hashes of address and device together: any client can obtain a cookie, so the cookie alone does not identify a
   * requester.
   */
  requesterHashes: KeyedHashes;
}

export interface RequestFrom {
  /** The caller's network address. */
  address: string;
  deviceId: string | undefined;
}

export function makeRequesters(cipher: Cipher) {
  const deviceHashes = (deviceId: string) => cipher.hashes(`device ${deviceId}`);
  return {
    deviceHashes,
    /**
     * The client of a session refresh: a browser by its cookie; another client by its network address and `User-Agent`.
     */
    clientHashes({ address, deviceId, userAgent = "" }: RequestFrom & { userAgent: string | undefined }) {
      return deviceId === undefined
        ? cipher.hashes(`client ${addressBlock(address)} ${userAgent}`)
        : deviceHashes(deviceId);
    },
    of({ address, deviceId }: RequestFrom): Requester {
      const block = addressBlock(address);
      const addressHashes = cipher.hashes(block);
      if (deviceId === undefined) return { addressHashes, deviceHashes: null, requesterHashes: addressHashes };
      return {
        addressHashes,
        deviceHashes: deviceHashes(deviceId),
        requesterHashes: cipher.hashes(`requester ${block} ${deviceId}`),
      };
    },
  };
}
export type Requesters = ReturnType<typeof makeRequesters>;
