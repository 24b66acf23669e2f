import { useMutation, useQuery } from "@apollo/client/react";
import { TextField } from "../../../microsite/src/ui/field.tsx";
import { OverlayDocument, OverlayRewardDocument, type RewardStateFragment } from "../graphql/generated/graphql.ts";
import { useOperator } from "../session/use-operator.ts";
import { ActionForm, answerOf } from "../ui/form.tsx";
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
    <Card title="Shown in place of Capillary's">
      <Failure error={error} retry={refetch} />
      {overlay ? (
        <>
          <Facts>
            <Fact name="Picture">{overlay.imageUrl ? "another" : "Capillary's"}</Fact>
            <Fact name="Category">{overlay.category ?? "Capillary's"}</Fact>
            <Fact name="Order">
              {overlay.promotion === 0 ? "where it belongs" : `as ${count(overlay.promotion)} redemptions more`}
            </Fact>
            <Fact name="Hidden">{overlay.hidden ? "yes" : "no"}</Fact>
          </Facts>
          <p className={`${ui.soft} ${ui.small}`}>{`${overlay.changedBy}, ${moment(overlay.changedAt)}`}</p>
        </>
      ) : (
        <p className={ui.soft}>Nothing: customers see what Capillary says.</p>
      )}
      {may("CATALOGUE") && data && (
        <div className={ui.row}>
          <ActionForm
            title="Lay something over it"
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
              return answerOf(result, result.data?.overlayReward);
            }}
          >
            <p>Capillary keeps name, price, terms and dates. Fields that are empty here come from Capillary, too.</p>
            <PictureField start={overlay?.imageUrl} required={false} />
            <TextField
              label="Category"
              name="category"
              defaultValue={overlay?.category ?? ""}
              help={`Now: ${reward.category}. Empty: Capillary's, with the next run of the mirror.`}
            />
            <TextField
              label="Redemptions that it counts more in the order"
              name="promotion"
              type="number"
              defaultValue={overlay?.promotion ?? 0}
              help="Below 0 moves it down, 0 is where it belongs."
            />
            <label className={ui.choice}>
              <input type="checkbox" name="hidden" defaultChecked={overlay?.hidden ?? false} />
              Hidden from customers, whatever Capillary says.
            </label>
          </ActionForm>
        </div>
      )}
    </Card>
  );
}
