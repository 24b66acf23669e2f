import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";

/** How far a request to an upstream has come. */
export interface Exchange {
  /** Whether a byte of the request may have left. Until then it waits for a connection, and nobody but us has seen it. */
  wasSent: boolean;
  /** The head of the answer, once it has come. */
  status: number | undefined;
  headers: IncomingHttpHeaders;
}

const utf8 = new TextDecoder();

/**
 * Makes one request and reads the text of the answer. undici's own `request` takes twice the CPU for it, because the body of an
 * answer is a stream there.
 *
 * @param signal ends the exchange, at once also while it waits for a connection; the request is not sent then
 * @param exchange is kept up to date, so that it tells how far the exchange came if it fails
 * @throws what ended the exchange: an error of undici, or the reason of `signal`
 */
export async function readAnswer(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  signal: AbortSignal,
  exchange: Exchange,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let controller: Dispatcher.DispatchController | undefined;
  const onAbort = () => {
    if (controller) controller.abort(signal.reason);
    else reject(signal.reason);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  dispatcher.dispatch(options, {
    onRequestStart(started) {
      if (signal.aborted) return started.abort(signal.reason);
      controller = started;
      exchange.wasSent = true;
    },
    onResponseStart(_, statusCode, headers) {
      if (statusCode < 200) return; // such as 103, before the answer
      exchange.status = statusCode;
      exchange.headers = headers;
    },
    onResponseData(_, chunk) {
      chunks.push(chunk);
    },
    onResponseEnd() {
      signal.removeEventListener("abort", onAbort);
      resolve(utf8.decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    },
    onResponseError(_, error) {
      signal.removeEventListener("abort", onAbort);
      reject(error);
    },
  });
  return promise;
}
