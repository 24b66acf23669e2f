/**
 * What a member is told. Never in it: a national id, a mobile, other people's ids, a voucher's code.
 *
 * Every event is kept as JSON and sent as it is, so a field is added and never renamed.
 */
export type MemberEvent =
  | Told<
      "AWARD",
      {
        awardId: string;
        action: string;
        /** The rule's name. */
        name: string;
        unit: "POINTS" | "TICKETS";
        quantity: number;
        state: string;
        /** Not credited before. */
        availableAt: string;
        expiresAt: string | null;
      }
    >
  /** An award has gone on to another state, such as CREDITED. */
  | Told<"AWARD_STATE", { awardId: string; unit: "POINTS" | "TICKETS"; quantity: number; state: string }>
  | Told<"CHECK_IN", { date: string; streak: number }>
  /** A ticket and what it won; `hash` is the receipt. */
  | Told<
      "TICKET",
      {
        drawId: string;
        number: number;
        hash: string;
        prize: { id: string; name: string; kind: "points" | "reward" | "none" };
      }
    >
  | Told<"ORDER_STATUS", { orderId: string; seq: number; status: string; pointsState: string }>;

interface Told<Type extends string, Data> {
  type: Type;
  at: Date;
  data: Data;
}
