import { createDecipheriv, createECDH, hkdfSync, randomBytes } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { Caller } from "../support/graphql.ts";

/** A browser's end of a subscription: it holds the private key that decrypts its messages (RFC 8291). */
export function makeBrowser() {
  const ecdh = createECDH("prime256v1");
  const publicKey = ecdh.generateKeys();
  const auth = randomBytes(16);
  return {
    p256dh: publicKey.toString("base64url"),
    auth: auth.toString("base64url"),
    decrypt(body: Buffer): { title: string; body: string; url: string; tag: string; language: string } {
      const [salt, keyLength] = [body.subarray(0, 16), body.readUInt8(20)];
      const senderKey = body.subarray(21, 21 + keyLength);
      const sealed = body.subarray(21 + keyLength);
      const info = Buffer.concat([Buffer.from("WebPush: info\0"), publicKey, senderKey]);
      const ikm = Buffer.from(hkdfSync("sha256", ecdh.computeSecret(senderKey), auth, info, 32));
      const key = Buffer.from(hkdfSync("sha256", ikm, salt, "Content-Encoding: aes128gcm\0", 16));
      const nonce = Buffer.from(hkdfSync("sha256", ikm, salt, "Content-Encoding: nonce\0", 12));
      const decipher = createDecipheriv("aes-128-gcm", key, nonce).setAuthTag(sealed.subarray(-16));
      const padded = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
      return JSON.parse(padded.subarray(0, padded.lastIndexOf(2)).toString("utf8"));
    },
  };
}
export type Browser = ReturnType<typeof makeBrowser>;

export interface Arrived {
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

interface Answer {
  status: number;
  headers?: Record<string, string>;
}

/** A push service over real HTTP. */
export async function startPushService() {
  const arrived: Arrived[] = [];
  const changed = new EventEmitter().setMaxListeners(0);
  let answer: (message: Arrived) => Answer | Promise<Answer> = () => ({ status: 201 });
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const message = { path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks) };
    arrived.push(message);
    changed.emit("change");
    const { status, headers } = await answer(message);
    response.writeHead(status, headers).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    arrived,
    /** @param host another name of this machine: for the gateway, another push service */
    endpoint: (path: string, host = "127.0.0.1") => `http://${host}:${port}/${path}`,
    answerBy(next: typeof answer) {
      answer = next;
    },
    /** Resolves with the messages for a path, once there are `count`. */
    async when(path: string, count = 1): Promise<Arrived[]> {
      const fits = () => arrived.filter((message) => message.path === `/${path}`);
      while (fits().length < count) await once(changed, "change");
      return fits();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export interface SeenSubscription {
  id: string;
  current: boolean;
  device: string | null;
  language: string;
}
export interface Added {
  pushSubscription: SeenSubscription | null;
  userErrors: { code: string; message: string; field: string[] | null }[];
}

export const subscriptionFields = "id current device language";

export async function addSubscription(
  customer: Caller,
  input: { endpoint: string; p256dh: string; auth: string; language?: string },
): Promise<Added> {
  const { data, errors } = await customer.send<{ it: Added }>(
    `mutation ($input: AddPushSubscriptionInput!) { it: addPushSubscription(input: $input) {
      pushSubscription { ${subscriptionFields} } userErrors { code message field } } }`,
    { input },
  );
  if (!data) throw new Error(JSON.stringify(errors));
  return data.it;
}

export async function subscriptionsOf(customer: Caller): Promise<SeenSubscription[]> {
  const { me } = await customer.ok<{ me: { pushSubscriptions: SeenSubscription[] } }>(
    `{ me { pushSubscriptions { ${subscriptionFields} } } }`,
  );
  return me.pushSubscriptions;
}
