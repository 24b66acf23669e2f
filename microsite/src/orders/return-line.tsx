import { useMutation } from "@apollo/client/react";
import { lazy, useState } from "react";
import { failureText } from "../graphql/failure-text.ts";
import {
  type OrderLinePartsFragment,
  RequestReturnDocument,
  type ReturnReason,
  WithdrawReturnDocument,
} from "../graphql/generated/graphql.ts";
import { refusalText } from "../graphql/refusal-text.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { ErrorBoundary } from "../shell/error-boundary.tsx";
import { Button } from "../ui/button.tsx";
import { SelectField, TextField } from "../ui/field.tsx";
import { Notice } from "../ui/notice.tsx";

const Dialog = lazy(async () => ({ default: (await import("../ui/dialog.tsx")).Dialog }));
const DialogActions = lazy(async () => ({ default: (await import("../ui/dialog.tsx")).DialogActions }));

const reasons: readonly ReturnReason[] = ["DAMAGED", "WRONG_REWARD", "NOT_AS_DESCRIBED", "CHANGED_MIND"];

/** Requests a return, withdraws the request, or shows the operator's decision. */
export function ReturnLine({ line, mayRequest }: { line: OrderLinePartsFragment; mayRequest: boolean }) {
  const i18n = useI18n();
  const { t } = i18n;
  const [isOpen, setOpen] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [request, { loading }] = useMutation(RequestReturnDocument);
  const [withdraw, withdrawing] = useMutation(WithdrawReturnDocument);
  const { returnRequest } = line;

  async function send(form: FormData) {
    setProblem(null);
    try {
      const reason = String(form.get("reason")) as ReturnReason;
      const note = String(form.get("note")).trim() || null;
      const { data } = await request({ variables: { input: { orderLineId: line.id, reason, note } } });
      const [refusal] = data?.requestReturn.userErrors ?? [];
      if (refusal) setProblem(refusalText(i18n, refusal));
      else setOpen(false);
    } catch (error) {
      setProblem(failureText(i18n, error));
    }
  }

  async function withdrawRequest() {
    setProblem(null);
    try {
      const { data } = await withdraw({ variables: { input: { orderLineId: line.id } } });
      const [refusal] = data?.withdrawReturn.userErrors ?? [];
      if (refusal) setProblem(refusalText(i18n, refusal));
    } catch (error) {
      setProblem(failureText(i18n, error));
    }
  }

  if (returnRequest?.state === "OPEN") {
    return (
      <div>
        <p>{t("return.OPEN")}</p>
        <Button variant="quiet" busy={withdrawing.loading} onClick={() => void withdrawRequest()}>
          {t("return.withdraw")}
        </Button>
        {problem && <Notice tone="bad">{problem}</Notice>}
      </div>
    );
  }
  return (
    <>
      {returnRequest?.state === "APPROVED" && <p>{t("return.APPROVED")}</p>}
      {returnRequest?.state === "DECLINED" && <p>{t("return.DECLINED", { answer: returnRequest.answer })}</p>}
      {mayRequest && (
        <Button
          variant="quiet"
          onClick={() => {
            setProblem(null);
            setOpen(true);
          }}
        >
          {t("return.open")}
        </Button>
      )}
      {isOpen && (
        <ErrorBoundary>
          <Dialog title={t("return.title", { name: line.name })} isOpen onClose={() => setOpen(false)}>
            <form
              onSubmit={(event) => {
                event.preventDefault();
                void send(new FormData(event.currentTarget));
              }}
            >
              <p>{t("return.how")}</p>
              <SelectField label={t("return.reason")} name="reason">
                {reasons.map((reason) => (
                  <option key={reason} value={reason}>
                    {t(`return.reason.${reason}`)}
                  </option>
                ))}
              </SelectField>
              <TextField label={t("return.note")} name="note" maxLength={500} />
              {problem && <Notice tone="bad">{problem}</Notice>}
              <DialogActions>
                <Button type="submit" busy={loading}>
                  {t("return.send")}
                </Button>
                <Button variant="quiet" onClick={() => setOpen(false)}>
                  {t("return.keep")}
                </Button>
              </DialogActions>
            </form>
          </Dialog>
        </ErrorBoundary>
      )}
    </>
  );
}
