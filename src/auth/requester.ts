import type { SecretBox } from "../platform/secret-box.ts";
import { addressBlock } from "./otp-limits.ts";

/** The browser and the address that a one-time password is asked for from, or a sign-in link followed, in keyed hashes. */
export interface Requester {
  addressHash: Uint8Array<ArrayBuffer>;
  /** Null if the request has no device cookie. */
  deviceHash: Uint8Array<ArrayBuffer> | null;
  /** The hash of address and device together: anybody can have a cookie, so it does not identify a requester by itself. */
  requesterHash: Uint8Array<ArrayBuffer>;
}

export interface RequestFrom {
  /** The caller's network address. */
  address: string;
  deviceId: string | undefined;
}

export function makeRequesters(box: SecretBox) {
  const deviceHash = (deviceId: string) => box.hash(`device ${deviceId}`);
  return {
    deviceHash,
    /**
     * The client that refreshes a session: a browser by its cookie, wherever it is; another client by its network address and the
     * name that it gives itself.
     */
    clientHash({ address, deviceId, userAgent = "" }: RequestFrom & { userAgent: string | undefined }) {
      return deviceId === undefined ? box.hash(`client ${addressBlock(address)} ${userAgent}`) : deviceHash(deviceId);
    },
    of({ address, deviceId }: RequestFrom): Requester {
      const block = addressBlock(address);
      const addressHash = box.hash(block);
      if (deviceId === undefined) return { addressHash, deviceHash: null, requesterHash: addressHash };
      return {
        addressHash,
        deviceHash: deviceHash(deviceId),
        requesterHash: box.hash(`requester ${block} ${deviceId}`),
      };
    },
  };
}
export type Requesters = ReturnType<typeof makeRequesters>;
