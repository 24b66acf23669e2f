import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** A proxy that repeats calls on its own and returns the last answer, as some load balancers do. */
export interface RepeatingProxy extends AsyncDisposable {
  url: string;
  /** The target of the calls. */
  forwardTo(origin: string): void;
  /** From now on repeats each call of this path so many times; 1 ends that. */
  repeat(path: string, times: number): void;
}

export async function startRepeatingProxy(): Promise<RepeatingProxy> {
  let target = "";
  const times = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const { method = "GET", url = "/" } = request;
    const body = method === "GET" ? null : await buffer(request);
    const { authorization = "", "content-type": type = "application/json" } = request.headers;
    const call = () => fetch(`${target}${url}`, { method, headers: { authorization, "content-type": type }, body });
    try {
      let answer = await call();
      for (let made = 1; made < (times.get(url) ?? 1); made += 1) answer = await call();
      response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
    } catch {
      response.destroy();
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forwardTo: (origin) => {
      target = origin;
    },
    repeat: (path, count) => void times.set(path, count),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
