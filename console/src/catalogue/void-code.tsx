import { useApolloClient, useMutation } from "@apollo/client/react";
import { useState } from "react";
import { TextField } from "../../../microsite/src/ui/field.tsx";
import { CodesEndingDocument, type CodesEndingQuery, VoidCodeDocument } from "../graphql/generated/graphql.ts";
import { ActionForm, formResultOf, TextArea } from "../ui/form.tsx";
import { day, words } from "../ui/format.ts";
import { Empty } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";

type Code = NonNullable<CodesEndingQuery["voucherPool"]>["codesEnding"][number];

/** Takes a code out of the pool in two steps: its last characters, then the choice among the codes with this ending. */
export function VoidCode({ rewardId, reload }: { rewardId: string; reload(): Promise<unknown> }) {
  const client = useApolloClient();
  const [voidCode] = useMutation(VoidCodeDocument);
  const [found, setFound] = useState<readonly Code[] | null>(null);
  const inPool = found?.filter(({ state }) => state === "AVAILABLE") ?? [];
  return (
    <ActionForm
      title="Void a code"
      submit={inPool.length > 0 ? "Void the code" : "Search"}
      variant="danger"
      onOpen={() => setFound(null)}
      send={async (fields) => {
        if (inPool.length === 0) {
          const variables = { rewardId, ending: String(fields.get("ending") ?? "").trim() };
          const result = await client.query({ query: CodesEndingDocument, variables, fetchPolicy: "no-cache" });
          const codes = result.data?.voucherPool?.codesEnding;
          setFound(codes ?? null);
          return codes ? { refusals: [], isUnfinished: true } : formResultOf(result, null);
        }
        const input = { voucherId: String(fields.get("code")), note: String(fields.get("note") ?? "") };
        const result = await voidCode({ variables: { input } });
        const answer = formResultOf(result, result.data?.voidVoucherCode);
        if (answer.refusals.length > 0) return answer;
        setFound(null);
        await reload();
        return answer;
      }}
    >
      <p>The code is not issued to any customer, and the stock decreases by one. This cannot be undone.</p>
      <TextField
        label="Last characters of the code"
        name="ending"
        required
        minLength={2}
        maxLength={4}
        autoComplete="off"
        spellCheck={false}
        className={ui.mono}
        onChange={() => setFound(null)}
        help="2 to 4, as the supplier quotes the code."
      />
      {found?.length === 0 && <Empty>No code of this reward has this ending.</Empty>}
      {found && found.length > 0 && (
        <fieldset>
          <legend>Codes with this ending</legend>
          {found.map(({ id, maskedCode, state, validUntil }) => (
            <label key={id} className={ui.choice}>
              <input type="radio" name="code" value={id} required disabled={state !== "AVAILABLE"} />
              <span>
                <span className={ui.mono}>{maskedCode}</span>
                {` · ${words(state)}${validUntil ? ` · until ${day(validUntil)}` : ""}`}
              </span>
            </label>
          ))}
        </fieldset>
      )}
      {found && found.length > 0 && inPool.length === 0 && (
        <p>No code with this ending is available. To invalidate a code that a customer has, reverse the order.</p>
      )}
      {inPool.length > 0 && (
        <TextArea label="Reason" name="note" required maxLength={500} help="Stored in the audit log." />
      )}
    </ActionForm>
  );
}
