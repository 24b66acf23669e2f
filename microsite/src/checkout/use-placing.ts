import { useApolloClient } from "@apollo/client/react";
import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { secondsToWait } from "../graphql/failure-text.ts";
import { PlaceOrderDocument, type RefusalFragment } from "../graphql/generated/graphql.ts";
import { type Attempt, forget, inputOf, noteSent, unheard } from "./attempt.ts";

export type Placing =
  | { kind: "idle" }
  | { kind: "placing" }
  /** No response: the outcome is unknown. A retry uses the same idempotency key and creates no second order. */
  | { kind: "unheard" }
  | { kind: "refused"; refusals: readonly RefusalFragment[] };

const IN_PROGRESS_WAIT_MS = 1_000;

/** Places the order, resumes an order that a reload interrupted, and navigates to the order's page. */
export function usePlacing(customerId: string | undefined) {
  const client = useApolloClient();
  const navigate = useNavigate();
  const [placing, setPlacing] = useState<Placing>({ kind: "idle" });
  const isUnderWay = useRef(false);

  async function place(attempt: Attempt): Promise<void> {
    if (isUnderWay.current) return;
    isUnderWay.current = true;
    noteSent(attempt);
    setPlacing({ kind: "placing" });
    try {
      setPlacing(await send(attempt));
    } finally {
      isUnderWay.current = false;
    }
  }

  async function send(attempt: Attempt): Promise<Placing> {
    try {
      const { data } = await client.mutate({ mutation: PlaceOrderDocument, variables: { input: inputOf(attempt) } });
      const { order, userErrors = [] } = data?.placeOrder ?? {};
      if (order) {
        forget();
        void client.refetchQueries({ include: ["Viewer"] });
        void navigate(`/orders/${encodeURIComponent(order.id)}`, { replace: true, state: { isNew: true } });
        return { kind: "placing" };
      }
      if (userErrors.some(({ code }) => code === "IDEMPOTENCY_IN_PROGRESS")) {
        await new Promise((resolve) => setTimeout(resolve, IN_PROGRESS_WAIT_MS));
        return send(attempt);
      }
      forget(); // a refusal consumes no key; the next try is a new attempt
      return { kind: "refused", refusals: userErrors };
    } catch (error) {
      const seconds = secondsToWait(error);
      if (seconds === null) return { kind: "unheard" };
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
      return send(attempt);
    }
  }

  const latest = useRef(place);
  latest.current = place;
  useEffect(() => {
    const goOn = () => {
      const attempt = customerId === undefined ? null : unheard(customerId);
      if (attempt) void latest.current(attempt);
    };
    goOn();
    window.addEventListener("online", goOn);
    return () => window.removeEventListener("online", goOn);
  }, [customerId]);

  return { placing, place };
}
