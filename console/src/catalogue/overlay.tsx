import { useMutation, useQuery } from "@apollo/client/react";
import { TextField } from "../../../microsite/src/ui/field.tsx";
import { OverlayDocument, OverlayRewardDocument, type RewardStateFragment } from "../graphql/generated/graphql.ts";
import { useOperator } from "../session/use-operator.ts";
import { ActionForm, formResultOf } from "../ui/form.tsx";
import { count, moment } from "../ui/format.ts";
import { Card, Fact, Facts, Failure } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import { PictureField } from "./picture-field.tsx";

/** The picture, category, order and visibility that replace those of Capillary in this gateway. */
export function Overlay({ reward }: { reward: RewardStateFragment }) {
  const { may } = useOperator();
  const { data, error, refetch } = useQuery(OverlayDocument, { variables: { rewardId: reward.id } });
  const [write] = useMutation(OverlayRewardDocument);
  const overlay = data?.rewardOverlay;
  return (
    <Card title="Overrides">
      <Failure error={error} retry={refetch} />
      {overlay ? (
        <>
          <Facts>
            <Fact name="Picture">{overlay.imageUrl ? "own picture" : "Capillary's"}</Fact>
            <Fact name="Category">{overlay.category ?? "Capillary's"}</Fact>
            <Fact name="Order">
              {overlay.promotion === 0 ? "not promoted" : `ranked with ${count(overlay.promotion)} extra redemptions`}
            </Fact>
            <Fact name="Hidden">{overlay.hidden ? "yes" : "no"}</Fact>
          </Facts>
          <p className={`${ui.soft} ${ui.small}`}>{`${overlay.changedBy}, ${moment(overlay.changedAt)}`}</p>
        </>
      ) : (
        <p className={ui.soft}>None: customers see the values of Capillary.</p>
      )}
      {may("CATALOGUE") && data && (
        <div className={ui.row}>
          <ActionForm
            title="Edit the overrides"
            submit="Save"
            send={async (fields) => {
              const text = (name: string) => String(fields.get(name) ?? "").trim();
              const input = {
                rewardId: reward.id,
                imageUrl: text("imageUrl") || null,
                category: text("category") || null,
                promotion: Number(text("promotion") || 0),
                hidden: fields.get("hidden") === "on",
              };
              const result = await write({ variables: { input }, refetchQueries: [OverlayDocument] });
              return formResultOf(result, result.data?.overlayReward);
            }}
          >
            <p>Name, price, terms and dates always come from Capillary, and so does each field that is empty here.</p>
            <PictureField start={overlay?.imageUrl} required={false} />
            <TextField
              label="Category"
              name="category"
              defaultValue={overlay?.category ?? ""}
              help={`Now: ${reward.category}. If empty, the category of Capillary applies from the next catalogue sync on.`}
            />
            <TextField
              label="Extra redemptions for the ranking"
              name="promotion"
              type="number"
              defaultValue={overlay?.promotion ?? 0}
              help="A negative number moves the reward down, and 0 does not move it."
            />
            <label className={ui.choice}>
              <input type="checkbox" name="hidden" defaultChecked={overlay?.hidden ?? false} />
              Hidden from customers, even if it is active at Capillary.
            </label>
          </ActionForm>
        </div>
      )}
    </Card>
  );
}
