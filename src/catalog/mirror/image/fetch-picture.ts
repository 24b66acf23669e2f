import { isIP } from "node:net";
import { Agent, request } from "undici";
import { publicOnly } from "../../../platform/public-address.ts";

export interface Picture {
  bytes: Buffer;
  type: string;
}

/** Fetches pictures from the addresses in Capillary's catalogue, if they are public. */
export interface PictureFetcher {
  /** Null if the picture is missing, too large, of an unsupported type, or at a forbidden address. */
  fetch(address: string): Promise<Picture | null>;
  close(): Promise<void>;
}

const MAX_BYTES = 2 * 1024 * 1024;

/** @param options.trustedOrigin the API's own origin, which may be neither https nor public, such as the sandbox's */
export function makePictureFetcher(options: { trustedOrigin: string | undefined; timeoutMs: number }): PictureFetcher {
  const { trustedOrigin, timeoutMs } = options;
  const limits = { connections: 8, maxResponseSize: MAX_BYTES, headersTimeout: timeoutMs, bodyTimeout: timeoutMs };
  const trusted = new Agent({ ...limits, connect: { timeout: timeoutMs } });
  const guarded = new Agent({ ...limits, connect: { timeout: timeoutMs, lookup: publicOnly } });

  function agentFor(url: URL): Agent | null {
    if (url.origin === trustedOrigin) return trusted;
    // An IP address in the URL is connected to without a lookup, so the lookup's check would not see it.
    const isNumber = isIP(url.hostname.replace(/^\[|\]$/g, "")) !== 0;
    return url.protocol === "https:" && url.port === "" && !isNumber && url.username === "" ? guarded : null;
  }

  return {
    async fetch(address) {
      const url = URL.parse(address);
      const dispatcher = url && agentFor(url);
      if (!dispatcher) return null;
      try {
        // A redirect is not followed, because its target is unchecked.
        const answer = await request(url, {
          dispatcher,
          headers: { accept: "image/*" },
          signal: AbortSignal.timeout(timeoutMs),
        });
        if (answer.statusCode !== 200) {
          await answer.body.dump();
          return null;
        }
        const bytes = Buffer.from(await answer.body.arrayBuffer());
        const type = kindOf(bytes, String(answer.headers["content-type"] ?? ""));
        return type === null ? null : { bytes, type };
      } catch {
        return null;
      }
    },
    close: async () => void (await Promise.all([trusted.close(), guarded.close()])),
  };
}

/**
 * Detected by its first bytes, because file stores declare everything as `octet-stream`. Only SVG, which has no
 * signature, is taken from the header.
 */
function kindOf(bytes: Buffer, declaredType: string): string | null {
  const begins = (text: string, at = 0) => bytes.subarray(at, at + text.length).equals(Buffer.from(text, "latin1"));
  if (begins("\x89PNG\r\n\x1a\n")) return "image/png";
  if (begins("\xff\xd8\xff")) return "image/jpeg";
  if (begins("GIF8")) return "image/gif";
  if (begins("RIFF") && begins("WEBP", 8)) return "image/webp";
  if (begins("ftypavif", 4)) return "image/avif";
  return /^image\/svg\+xml\s*(;|$)/i.test(declaredType) ? "image/svg+xml" : null;
}
