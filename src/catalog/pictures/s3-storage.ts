import { Readable } from "node:stream";
import { S3mini, S3ServiceError } from "s3mini";
import { Agent, fetch } from "undici";
import { MAX_BYTES } from "./check-picture.ts";
import { type ObjectStorage, type PictureName, StorageError } from "./picture-storage.ts";

export interface S3Options {
  /** An origin. */
  endpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Whether the path names the bucket, instead of the host. */
  isPathStyle: boolean;
  /** Empty, or with a slash at the end. */
  prefix: string;
  /** For one whole request, the transfer of the bytes included. */
  timeoutMs: number;
}

/** Requests at once of one process. More wait, and count the time. */
const CONNECTIONS = 32;
/** The name of an object that is never stored. */
const PROBE = "probe";

/** An S3-compatible storage: objects named `{prefix}{hash}.{type}`. */
export function makeS3Storage(options: S3Options): ObjectStorage {
  const { endpoint, bucket, region, accessKeyId, secretAccessKey, isPathStyle, prefix, timeoutMs } = options;
  const agent = new Agent({ connections: CONNECTIONS, connectTimeout: timeoutMs, maxResponseSize: MAX_BYTES });
  const { protocol, host } = new URL(endpoint);
  const client = new S3mini({
    endpoint: isPathStyle ? `${endpoint}/${bucket}` : `${protocol}//${bucket}.${host}`,
    region,
    accessKeyId,
    secretAccessKey,
    requestAbortTimeout: timeoutMs,
    // Another host must not get the signature.
    fetch: ((input: string, init: object) =>
      fetch(input, { ...init, redirect: "manual", dispatcher: agent })) as unknown as typeof globalThis.fetch,
  });
  const keyOf = ({ hash, type }: PictureName) => `${prefix}${hash}.${type.slice("image/".length)}`;

  function explain(error: unknown): StorageError {
    const fail = (problem: string) => new StorageError(problem, { cause: error });
    if (!(error instanceof S3ServiceError)) {
      const { name } = error as Error;
      return name === "TimeoutError"
        ? fail(`The storage at ${endpoint} did not answer within ${timeoutMs} ms.`)
        : fail(`The storage at ${endpoint} cannot be reached (S3_ENDPOINT): ${reasonOf(error)}.`);
    }
    const code = codeOf(error);
    if (code === "NoSuchBucket") return fail(`The storage at ${endpoint} has no bucket ${bucket} (S3_BUCKET).`);
    if (error.status === 401 || error.status === 403) {
      const settings = "S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, S3_REGION";
      return fail(`The storage at ${endpoint} refuses the access key (${settings}): ${code}.`);
    }
    return fail(`The storage at ${endpoint} answered with HTTP ${error.status}, ${code}.`);
  }

  async function request<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw explain(error);
    }
  }

  async function open(key: string): Promise<Readable | null> {
    try {
      const { body } = await client.getObjectRaw(key);
      return body && Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
    } catch (error) {
      if (error instanceof S3ServiceError && error.status === 404 && codeOf(error) !== "NoSuchBucket") return null;
      throw explain(error);
    }
  }

  return {
    async write(_, picture, bytes) {
      const { body } = await request(() => client.putObject(keyOf(picture), bytes, picture.type));
      await body?.cancel(); // an unread body would occupy the connection
    },
    read: (picture) => open(keyOf(picture)),
    async remove(picture) {
      await request(() => client.deleteObject(keyOf(picture)));
    },
    async check() {
      try {
        (await open(`${prefix}${PROBE}`))?.destroy();
      } catch (error) {
        const { cause } = error as StorageError;
        // A key that may not list the bucket gets this answer for an object that does not exist.
        if (!(cause instanceof S3ServiceError && codeOf(cause) === "AccessDenied")) throw error;
      }
    },
    close: () => agent.close(),
  };
}

/** The client reads the code of an error only from bodies with one exact content type. */
const codeOf = ({ serviceCode, body }: S3ServiceError): string => {
  if (serviceCode && serviceCode !== "Unknown") return serviceCode;
  return /<Code>(\w{1,64})<\/Code>/.exec(body ?? "")?.[1] ?? "without a code";
};

/** The innermost cause of a failed request, such as a refused connection. */
function reasonOf(error: unknown): string {
  const { cause, message, code } = error as Error & { code?: string };
  return cause === undefined ? (code ?? message) : reasonOf(cause);
}
