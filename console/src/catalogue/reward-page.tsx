import { useMutation, useQuery } from "@apollo/client/react";
import { Link, useParams } from "react-router";
import { Badge } from "../../../microsite/src/ui/badge.tsx";
import { TextField } from "../../../microsite/src/ui/field.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import {
  AdjustStockDocument,
  ArchiveRewardDocument,
  RewardBySkuDocument,
  type RewardStateFragment,
  UpdateRewardDocument,
  type UpdateRewardInput,
  VoucherPoolDocument,
} from "../graphql/generated/graphql.ts";
import { useOperator } from "../session/use-operator.ts";
import { ActionForm, formResultOf, TextArea } from "../ui/form.tsx";
import { count, day, moment, points, words } from "../ui/format.ts";
import { Card, Empty, Fact, Facts, Failure, Page, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import { ImportCodes } from "./import-codes.tsx";
import { Overlay } from "./overlay.tsx";
import { Preview } from "./preview.tsx";
import { fieldsOf, RewardFields, toneOfState } from "./reward-fields.tsx";
import { VoidCode } from "./void-code.tsx";

export default function RewardPage() {
  const { sku = "" } = useParams();
  const { may } = useOperator();
  const { data, error, loading, refetch } = useQuery(RewardBySkuDocument, { variables: { sku } });
  const reward = data?.reward;
  if (!reward) {
    return (
      <Page title={sku}>
        <Failure error={error} retry={refetch} />
        {!error && loading && <Waiting />}
        {!error && !loading && <Notice title="Reward not found." />}
      </Page>
    );
  }
  const isOwn = reward.source === "BIGCITY";
  const hasPool = isOwn && reward.kind === "E_GIFT_VOUCHER";
  return (
    <Page
      title={reward.name}
      badge={<Badge tone={toneOfState(reward.state)}>{words(reward.state)}</Badge>}
      actions={may("CATALOGUE") && <Actions reward={reward} />}
    >
      {!isOwn && (
        <Notice title="Capillary manages this reward.">
          <p>
            Change it in Capillary; the gateway reads it again every few minutes. Picture, category, ranking and
            visibility can be overridden here.
          </p>
        </Notice>
      )}
      <div className={ui.columns}>
        <div className={ui.stack}>
          <Card title="Reward">
            <Facts>
              <Fact name="SKU">
                <span className={ui.mono}>{reward.sku}</span>
              </Fact>
              <Fact name="Kind">{words(reward.kind)}</Fact>
              <Fact name="Price">{points(reward.points)}</Fact>
              <Fact name="Stock">{reward.stock == null ? "no limit" : count(reward.stock)}</Fact>
              <Fact name="Limit per customer">{reward.limitPerCustomer ?? "no limit"}</Fact>
              <Fact name="Brand">{reward.brand}</Fact>
              <Fact name="Category">{reward.category}</Fact>
              <Fact name="Other languages">{reward.texts.map(({ language }) => language).join(", ") || "none"}</Fact>
              <Fact name="On offer from">{moment(reward.validFrom)}</Fact>
              <Fact name="On offer until">{moment(reward.validUntil)}</Fact>
            </Facts>
            <p className={ui.soft}>
              <Link to={`/orders?reward=${encodeURIComponent(reward.id)}`}>Orders with this reward</Link>
            </p>
          </Card>
          {hasPool && <Pool rewardId={reward.id} mayVoid={may("CATALOGUE")} />}
        </div>
        <div className={ui.stack}>
          <Preview reward={reward} />
          {!isOwn && <Overlay reward={reward} />}
          {hasPool && may("CATALOGUE") && <ImportCodes rewardId={reward.id} />}
          {reward.terms && (
            <Card title="Terms">
              <p>{reward.terms}</p>
            </Card>
          )}
          {reward.howToUse && (
            <Card title="How to use it">
              <p>{reward.howToUse}</p>
            </Card>
          )}
        </div>
      </div>
    </Page>
  );
}

function Actions({ reward }: { reward: RewardStateFragment }) {
  const [update] = useMutation(UpdateRewardDocument);
  const [archive] = useMutation(ArchiveRewardDocument);
  const [adjustStock] = useMutation(AdjustStockDocument);
  const isOwn = reward.source === "BIGCITY";
  return (
    <span className={ui.row}>
      {isOwn && (
        <ActionForm
          title="Edit"
          submit="Save"
          variant="main"
          send={async (fields) => {
            const input = { rewardId: reward.id, ...fieldsOf(fields, { isNew: false }) } as UpdateRewardInput;
            const result = await update({ variables: { input } });
            return formResultOf(result, result.data?.updateReward);
          }}
        >
          <RewardFields reward={reward} />
        </ActionForm>
      )}
      {isOwn && reward.kind === "MERCHANDISE" && (
        <ActionForm
          title="Set the stock"
          submit="Set the stock"
          send={async (fields) => {
            const text = String(fields.get("stock") ?? "").trim();
            const change = text === "" ? { unlimited: true } : { to: Number(text) };
            const input = { rewardId: reward.id, change, note: String(fields.get("note") ?? "") };
            const result = await adjustStock({ variables: { input } });
            return formResultOf(result, result.data?.adjustStock);
          }}
        >
          <TextField
            label="Units in stock now"
            name="stock"
            type="number"
            min={0}
            defaultValue={reward.stock ?? ""}
            help="Empty: no limit."
          />
          <TextArea label="Note" name="note" help="Stored in the audit log." />
        </ActionForm>
      )}
      {reward.state !== "ARCHIVED" && (
        <ActionForm
          title="Archive"
          submit="Archive permanently"
          variant="danger"
          send={async () => {
            const result = await archive({ variables: { input: { rewardId: reward.id } } });
            return formResultOf(result, result.data?.archiveReward);
          }}
        >
          <p>
            The reward leaves the catalogue permanently, and carts that contain it show a notice. To hide it
            temporarily, make it a draft.
          </p>
        </ActionForm>
      )}
    </span>
  );
}

function Pool({ rewardId, mayVoid }: { rewardId: string; mayVoid: boolean }) {
  const { data, error, loading, refetch } = useQuery(VoucherPoolDocument, { variables: { rewardId } });
  const pool = data?.voucherPool;
  return (
    <Card
      title="Codes"
      aside={
        mayVoid && (
          <span className={ui.row}>
            <VoidCode rewardId={rewardId} reload={refetch} />
          </span>
        )
      }
    >
      <Failure error={error} retry={refetch} />
      {!pool && loading && <Waiting />}
      {pool && (
        <Facts>
          <Fact name="Available">{count(pool.counts.available)}</Fact>
          <Fact name="Fulfilled">{count(pool.counts.allocated)}</Fact>
          <Fact name="Shown">{count(pool.counts.revealed)}</Fact>
          <Fact name="Expired">{count(pool.counts.expired)}</Fact>
          <Fact name="Void">{count(pool.counts.void)}</Fact>
        </Facts>
      )}
      {pool?.batches.length === 0 && <Empty>No codes have been imported yet.</Empty>}
      {pool && pool.batches.length > 0 && (
        <div className={ui.scroll}>
          <table className={ui.table}>
            <caption className="sr-only">Imports</caption>
            <thead>
              <tr>
                <th>Imported</th>
                <th>By</th>
                <th className={ui.number}>Codes</th>
                <th className={ui.number}>Available</th>
                <th className={ui.number}>Fulfilled</th>
                <th>First expiry</th>
              </tr>
            </thead>
            <tbody>
              {pool.batches.map((batch) => (
                <tr key={batch.id}>
                  <td>{batch.importedAt ? moment(batch.importedAt) : "not recorded"}</td>
                  <td>{batch.importedBy ?? "–"}</td>
                  <td className={ui.number}>{count(batch.codes)}</td>
                  <td className={ui.number}>{count(batch.counts.available)}</td>
                  <td className={ui.number}>{count(batch.counts.allocated)}</td>
                  <td>{day(batch.firstValidUntil)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
