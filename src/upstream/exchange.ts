import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";

/** The progress of a request to an upstream. */
export interface Exchange {
  /** Whether a byte of the request may have left. Before that the request waits for a connection. */
  wasSent: boolean;
  /** The status of the answer, once its head has arrived. */
  status: number | undefined;
  headers: IncomingHttpHeaders;
}

const utf8 = new TextDecoder();

/**
 * Makes one request and reads the text of the answer. undici's own `request` takes twice the CPU, because it streams
 * the body.
 *
 * @param signal ends the exchange, at once also while it waits for a connection; then the request is not sent
 * @param exchange is updated continuously, so that it shows the progress after a failure
 * @throws the cause: an error of undici, or the reason of `signal`
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
      if (statusCode < 200) return; // an informational response, such as 103
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
