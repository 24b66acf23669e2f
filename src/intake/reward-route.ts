import type { FastifyInstance, FastifyRequest } from "fastify";
import { hasRole } from "../domain/operator-roles.ts";
import type { AuditUse } from "../domain/operator-use.ts";
import type { Viewer } from "../domain/viewer.ts";
import { errorsOf } from "../http/error-page.ts";
import { formatAnswer, type ServiceAnswer } from "../messages/answer.ts";
import { MAX_MESSAGE_BYTES } from "../messages/raw-text.ts";
import { MAX_BATCH, splitBatch } from "../messages/split-batch.ts";
import type { Logger } from "../platform/logger.ts";
import type { ProcessMessage } from "./process-message.ts";

export interface RewardRouteDeps {
  identify(request: FastifyRequest): Promise<Viewer>;
  process: ProcessMessage["process"];
  auditUse: AuditUse;
  log: Logger;
}

/**
 * `POST /reward-processor`: one message, or a list of them, as JSON.
 *
 * The answer to a single message has the HTTP status of its `code`. A list gets status 200 and a list in the same
 * order, each item with its own `code`. A client may repeat an item with code 500, because an accepted message has no
 * second effect.
 */
export function mountRewardProcessor(
  fastify: FastifyInstance,
  { identify, process, auditUse, log }: RewardRouteDeps,
): void {
  fastify.register(async (scope) => {
    // Read as bytes, because parsing JSON to numbers loses digits of long ids.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: MAX_BATCH * MAX_MESSAGE_BYTES }, (_, body, done) =>
      done(null, body),
    );
    scope.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
      const status = error.statusCode ?? 500;
      if (status >= 500) log.error({ err: error, requestId: request.id }, "Reward messages could not be read");
      return reply.code(status).send(failed(status, status >= 500 ? SERVER_ERROR_MESSAGE : error.message, request));
    });
    // Authenticates before the body is read.
    scope.addHook("onRequest", async (request, reply) => {
      const viewer = await identify(request);
      if (viewer.kind === "anonymous") {
        return reply
          .code(401)
          .header("www-authenticate", "Bearer")
          .send(failed(401, "Unauthorized", request));
      }
      const isRewards = viewer.kind === "operator" && hasRole(viewer.roles, ["rewards"]);
      if (viewer.kind !== "service" && !isRewards) return reply.code(403).send(failed(403, "Forbidden", request));
      if (viewer.kind === "operator") {
        await auditUse(viewer, { kind: "post", subject: "/reward-processor", requestId: request.id });
      }
      actors.set(request, viewer.kind === "operator" ? viewer.operatorId : viewer.serviceId);
    });
    scope.post("/reward-processor", async (request, reply) => {
      const actor = actors.get(request) ?? "";
      const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const batch = splitBatch(raw);
      if ("problems" in batch) {
        const answer = formatAnswer(batch);
        return reply.code(answer.code).send(answer);
      }
      const answers = await Promise.all(
        batch.items.map(async (item) => {
          try {
            return (await process({ raw: item, source: "HTTP", actor })).answer;
          } catch (error) {
            log.error({ err: error, requestId: request.id }, "A reward message could not be processed");
            return plain(500, SERVER_ERROR_MESSAGE);
          }
        }),
      );
      const [first] = answers;
      return batch.isList || !first ? answers : reply.code(first.code).send(first);
    });
  });
}

const SERVER_ERROR_MESSAGE = "Something went wrong on our side. Send it again.";

const actors = new WeakMap<FastifyRequest, string>();

const plain = (code: number, message: string): ServiceAnswer => ({ code, message, data: { TicketId: null } });
const failed = (code: number, message: string, { id }: FastifyRequest) => ({
  ...plain(code, message),
  ...errorsOf(code, message, id),
});
