import { useApolloClient } from "@apollo/client/react";
import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { secondsToWait } from "../graphql/failure-text.ts";
import { PlaceOrderDocument, type RefusalFragment } from "../graphql/generated/graphql.ts";
import { type Attempt, clearAttempt, inputOf, recordSent, unansweredAttempt } from "./attempt.ts";

export type Placing =
  | { kind: "idle" }
  | { kind: "placing" }
  /** No response: the outcome is unknown. A retry uses the same idempotency key and creates no second order. */
  | { kind: "no-response" }
  | { kind: "refused"; refusals: readonly RefusalFragment[] };

const IN_PROGRESS_WAIT_MS = 1_000;

/** Places the order, resumes an order that a reload interrupted, and navigates to the order's page. */
export function usePlacing(customerId: string | undefined) {
  const client = useApolloClient();
  const navigate = useNavigate();
  const [placing, setPlacing] = useState<Placing>({ kind: "idle" });
  const isInFlight = useRef(false);

  async function place(attempt: Attempt): Promise<void> {
    if (isInFlight.current) return;
    isInFlight.current = true;
    recordSent(attempt);
    setPlacing({ kind: "placing" });
    try {
      setPlacing(await send(attempt));
    } finally {
      isInFlight.current = false;
    }
  }

  async function send(attempt: Attempt): Promise<Placing> {
    try {
      const { data } = await client.mutate({ mutation: PlaceOrderDocument, variables: { input: inputOf(attempt) } });
      const { order, userErrors = [] } = data?.placeOrder ?? {};
      if (order) {
        clearAttempt();
        void client.refetchQueries({ include: ["Viewer"] });
        void navigate(`/orders/${encodeURIComponent(order.id)}`, { replace: true, state: { isNew: true } });
        return { kind: "placing" };
      }
      if (userErrors.some(({ code }) => code === "IDEMPOTENCY_IN_PROGRESS")) {
        await new Promise((resolve) => setTimeout(resolve, IN_PROGRESS_WAIT_MS));
        return send(attempt);
      }
      clearAttempt(); // a refusal consumes no key; the next try is a new attempt
      return { kind: "refused", refusals: userErrors };
    } catch (error) {
      const seconds = secondsToWait(error);
      if (seconds === null) return { kind: "no-response" };
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
      return send(attempt);
    }
  }

  const latest = useRef(place);
  latest.current = place;
  useEffect(() => {
    const resume = () => {
      const attempt = customerId === undefined ? null : unansweredAttempt(customerId);
      if (attempt) void latest.current(attempt);
    };
    resume();
    window.addEventListener("online", resume);
    return () => window.removeEventListener("online", resume);
  }, [customerId]);

  return { placing, place };
}
