import type { Cipher, KeyedHashes } from "../platform/cipher.ts";
import { addressBlock } from "./otp-limits.ts";

/**
 * The browser and the address that a one-time password is asked for from, or a sign-in link followed, in keyed hashes. The first
 * of each is to be stored, and all are to be looked for.
 */
export interface Requester {
  addressHashes: KeyedHashes;
  /** Null if the request has no device cookie. */
  deviceHashes: KeyedHashes | null;
  /** The hashes of address and device together: anybody can have a cookie, so it does not identify a requester by itself. */
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
     * The client that refreshes a session: a browser by its cookie, wherever it is; another client by its network address and the
     * name that it gives itself.
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
