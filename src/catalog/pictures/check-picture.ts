import { imageSize } from "image-size";

export type PictureType = "image/jpeg" | "image/png" | "image/webp";

export interface CheckedPicture {
  type: PictureType;
  /** In pixels. */
  width: number;
  height: number;
}

/** A cropped photograph of 1,600 pixels has half of this size, and a request has space for a megabyte in Base64. */
export const MAX_BYTES = 600 * 1_024;
const [LEAST_PIXELS, MAX_PIXELS] = [200, 4_000];
const types: Readonly<Record<string, PictureType>> = {
  jpg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
};

/**
 * The type and size of a picture by its content, or the reason for refusing it. An SVG can carry scripts, so it is
 * refused.
 */
export function checkPicture(bytes: Uint8Array): CheckedPicture | { problem: string } {
  if (bytes.length > MAX_BYTES) return { problem: `is larger than ${MAX_BYTES / 1_024} kB` };
  const size = sizeOf(bytes);
  const type = types[size?.type ?? ""];
  if (!size || !type) return { problem: "is not a JPEG, PNG or WebP picture" };
  const { width, height } = size;
  if (Math.min(width, height) < LEAST_PIXELS || Math.max(width, height) > MAX_PIXELS) {
    return { problem: `has ${width} × ${height} pixels; each side must have ${LEAST_PIXELS} to ${MAX_PIXELS}` };
  }
  return { type, width, height };
}

function sizeOf(bytes: Uint8Array) {
  try {
    return imageSize(bytes);
  } catch {
    return null; // an unknown type, or a damaged picture
  }
}
