import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { TextField } from "../../../microsite/src/ui/field.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import { EraseCustomerDocument } from "../graphql/generated/graphql.ts";
import { ActionForm, type FormResult, formResultOf, TextArea } from "../ui/form.tsx";
import { count } from "../ui/format.ts";
import ui from "../ui/ui.module.css";

const refusalOf = (message: string): FormResult => ({
  refusals: [{ __typename: "BasicUserError", code: "INVALID_INPUT", message, field: null }],
});

/** Erases a customer in two steps: a description of the effects, then a confirmation by the customer's id. */
export function EraseCustomer({ customerId }: { customerId: string }) {
  const [erase] = useMutation(EraseCustomerDocument);
  const [isConfirming, setConfirming] = useState(false);
  const [erased, setErased] = useState<string | null>(null);
  if (erased) return <Notice tone="good" title={erased} />;
  return (
    <ActionForm
      title="Erase"
      submit={isConfirming ? "Erase permanently" : "Continue"}
      variant="danger"
      onOpen={() => setConfirming(false)}
      send={async (fields) => {
        const note = String(fields.get("note") ?? "").trim();
        if (!isConfirming) {
          setConfirming(true);
          return refusalOf("No data is erased yet. Type the customer's id to confirm.");
        }
        if (String(fields.get("confirmation") ?? "").trim() !== customerId) {
          return refusalOf("The id is not this customer's. No data was erased.");
        }
        const result = await erase({ variables: { input: { customerId, note } } });
        const answer = result.data?.eraseCustomer;
        if (answer?.pseudonym) {
          setErased(
            `The customer is erased: ${count(answer.deleted)} rows were deleted, ${count(answer.pseudonymised)} are kept under ${answer.pseudonym}.`,
          );
        }
        setConfirming(false);
        return formResultOf(result, answer);
      }}
    >
      <p>
        Sessions, carts, addresses, the mobile number and messages are deleted. Records of points and rewards are kept
        for accounting, under a pseudonym that cannot be traced back to the customer. The erasure cannot be undone. If
        the customer has also requested the data, export it first.
      </p>
      <TextArea
        label="Reason"
        name="note"
        required
        help="For example the number of the request. It is stored in the audit log, so do not enter any name."
      />
      {isConfirming && (
        <TextField
          label={`Type ${customerId} to confirm`}
          name="confirmation"
          required
          autoComplete="off"
          spellCheck={false}
          className={ui.mono}
        />
      )}
    </ActionForm>
  );
}
