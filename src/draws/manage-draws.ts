import type { FieldProblem } from "../domain/field-problem.ts";
import { type Refused, refusal, refused } from "../domain/refusal.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction } from "../platform/db.ts";
import { readJsonText } from "../platform/json-text.ts";
import { checkPrizes } from "./check-prizes.ts";
import type { DrawStore } from "./draw.store.ts";
import { checkDraw, drawCampaign } from "./draw-campaign.ts";

export interface ManageDraws {
  /** Announces a draw. @param announcement JSON text: a `DrawCampaign` without its id and seed commitment */
  open(input: { drawId: string; announcement: string }, actor: string): Promise<{ drawId: string } | Refused>;
  /** Ends the issue of tickets, and publishes the seed. */
  close(drawId: string, actor: string): Promise<{ drawId: string } | Refused>;
}

const announced = drawCampaign.omit({ id: true, seedCommit: true });

export function makeManageDraws({ db, draws, clock }: { db: Db; draws: DrawStore; clock: Clock }): ManageDraws {
  return {
    async open({ drawId, announcement }, actor) {
      const id = drawCampaign.shape.id.max(64).safeParse(drawId);
      if (!id.success) return invalid([{ field: ["drawId"], message: id.error.issues[0]?.message ?? "is no name" }]);
      const json = readJsonText(announcement);
      if ("fault" in json) {
        return invalid([{ field: ["announcement", ...json.fault.path.split(".")], message: json.fault.problem }]);
      }
      const parsed = announced.safeParse(json.value);
      if (!parsed.success) {
        return invalid(
          parsed.error.issues.map(({ path, message }) => ({ field: ["announcement", ...path.map(String)], message })),
        );
      }
      const make = (seedCommit: string) => ({ id: drawId, seedCommit, ...parsed.data });
      const inAnnouncement = ({ field, message }: FieldProblem) => ({ field: ["announcement", ...field], message });
      const problems = checkDraw(make(""));
      if (problems.length > 0) return invalid(problems.map(inAnnouncement));
      return inTransaction(db, async (tx) => {
        await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${`tessera.draw:${drawId}`}, 0))`;
        if (await tx.drawCampaign.findUnique({ where: { id: drawId }, select: { id: true } })) {
          return refused(refusal("DRAW_ID_TAKEN", "A draw with this id exists already.", ["input", "drawId"]));
        }
        const notAwardable = await checkPrizes(tx, parsed.data);
        if (notAwardable.length > 0) return invalid(notAwardable.map(inAnnouncement));
        const at = clock.now();
        await draws.open(tx, make, at);
        await audit(tx, { at, actor, action: "draw.open", subject: drawId });
        return { drawId };
      });
    },

    close: (drawId, actor) =>
      inTransaction(db, async (tx) => {
        const at = clock.now();
        const [draw] = await tx.$queryRaw<{ closedAt: Date | null }[]>`
          select closed_at as "closedAt" from draw_campaigns where id = ${drawId} for update`;
        if (!draw) return refused(refusal("DRAW_NOT_FOUND", "Draw not found.", ["input", "drawId"]));
        if (draw.closedAt) return { drawId };
        await tx.drawCampaign.update({ where: { id: drawId }, data: { closedAt: at } });
        await audit(tx, { at, actor, action: "draw.close", subject: drawId });
        return { drawId };
      }),
  };
}

function invalid(problems: readonly FieldProblem[]): Refused {
  const [first, ...others] = problems.map(({ field, message }) =>
    refusal("INVALID_INPUT", `${field.slice(1).join(".") || field[0]}: ${message}`, ["input", ...field.map(String)]),
  );
  return refused(first ?? refusal("INVALID_INPUT", "The draw is not valid.", ["input"]), ...others);
}
