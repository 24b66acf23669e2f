import type { SecretBox } from "../platform/secret-box.ts";
import { addressBlock } from "./otp-limits.ts";

/** Who asks for a one-time password or follows a sign-in link, in keyed hashes. */
export interface Requester {
  addressHash: Uint8Array<ArrayBuffer>;
  /** Null for whoever sent no device cookie. */
  deviceHash: Uint8Array<ArrayBuffer> | null;
  /** Of address and device together: a cookie is anybody's to have, so it does not stand for a requester by itself. */
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
