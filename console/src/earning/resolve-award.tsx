import { useMutation } from "@apollo/client/react";
import {
  type AwardLedger,
  type AwardResolution,
  AwardsDocument,
  type AwardWaitingFragment,
  ResolveAwardDocument,
} from "../graphql/generated/graphql.ts";
import { ActionForm, formResultOf, TextArea } from "../ui/form.tsx";
import { points } from "../ui/format.ts";
import ui from "../ui/ui.module.css";

export const ledgerNames: Record<AwardLedger, string> = { CLIENT: "Points provider", CAPILLARY: "Capillary" };

/** Records what the ledger shows about a credit, or sends the award again. */
export function ResolveAward({ found }: { found: AwardWaitingFragment }) {
  const [resolve] = useMutation(ResolveAwardDocument);
  const { award, creditReference, customerId, ledger } = found;
  const again = "Send the credit again under the same reference. The ledger credits a reference once.";
  const choices: [AwardResolution, string][] = [
    ["HAPPENED", `It took effect: the ledger shows ${points(award.quantity)} credited.`],
    ["DID_NOT_HAPPEN", "It did not take effect, and the points are not to be credited."],
    ["TRY_AGAIN", again],
  ];
  const isRefused = award.state === "REFUSED";
  return (
    <ActionForm
      title={isRefused ? "Send again" : "Record the outcome"}
      label={`${isRefused ? "Send again" : "Record the outcome"}: ${award.name}, ${points(award.quantity)}${customerId ? `, ${customerId}` : ""}`}
      submit={isRefused ? "Send again" : "Record the outcome"}
      variant={isRefused ? "quiet" : "main"}
      send={async (fields) => {
        const resolution = String(fields.get("resolution") ?? "TRY_AGAIN") as AwardResolution;
        const input = { awardId: award.id, resolution, note: String(fields.get("note") ?? "") };
        const result = await resolve({ variables: { input }, refetchQueries: [AwardsDocument] });
        return formResultOf(result, result.data?.resolveAward);
      }}
    >
      {!isRefused && (
        <>
          <p>
            Ask the owner of the ledger{ledger && ` (${ledgerNames[ledger]})`} for{" "}
            <span className={ui.mono}>{creditReference}</span>. Record only what the ledger shows: a guess can cost the
            customer or the brand points.
          </p>
          <fieldset>
            <legend>Outcome in the ledger</legend>
            {choices.map(([resolution, text]) => (
              <label key={resolution} className={ui.choice}>
                <input type="radio" name="resolution" value={resolution} required />
                {text}
              </label>
            ))}
          </fieldset>
        </>
      )}
      {isRefused && <p>{again}</p>}
      <TextArea
        label="Evidence"
        name="note"
        required
        minLength={10}
        help="The entry that was found, where, and by whom. Stored in the audit log."
      />
    </ActionForm>
  );
}
