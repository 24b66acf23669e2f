import { SelectField, TextField } from "../../../microsite/src/ui/field.tsx";
import type { RewardState, RewardStateFragment } from "../graphql/generated/graphql.ts";
import { TextArea } from "../ui/form.tsx";
import { localMoment } from "../ui/format.ts";
import ui from "../ui/ui.module.css";
import { PictureField } from "./picture-field.tsx";
import { TextFields, textsOf } from "./text-fields.tsx";

export const toneOfState = (state: RewardState) =>
  (({ ON_OFFER: "good", SOLD_OUT: "bad", SCHEDULED: "info", DRAFT: "calm" }) as const)[
    state as "ON_OFFER" | "SOLD_OUT" | "SCHEDULED" | "DRAFT"
  ] ?? "plain";

/** The input of `createReward` or `updateReward` from the fields of the form. Empty optional fields are null. */
export function fieldsOf(fields: FormData, { isNew }: { isNew: boolean }): Record<string, unknown> {
  const text = (name: string) => String(fields.get(name) ?? "").trim();
  const optional = (name: string) => text(name) || null;
  const number = (name: string) => (text(name) === "" ? null : Number(text(name)));
  const moment = (name: string) => (text(name) === "" ? null : new Date(text(name)).toISOString());
  const isMerchandise = text("kind") === "MERCHANDISE";
  return {
    ...(isNew && {
      sku: text("sku"),
      kind: text("kind"),
      ...(isMerchandise && number("stock") !== null && { stock: number("stock") }),
    }),
    name: text("name"),
    description: text("description"),
    points: number("points"),
    brand: text("brand"),
    category: text("category"),
    imageUrl: text("imageUrl"),
    terms: optional("terms"),
    howToUse: optional("howToUse"),
    limitPerCustomer: number("limitPerCustomer"),
    validFrom: moment("validFrom"),
    validUntil: moment("validUntil"),
    active: fields.get("active") === "on",
    texts: textsOf(fields),
  };
}

/** The fields of a reward. A new reward also has the fields that cannot change later. */
export function RewardFields({ reward }: { reward?: RewardStateFragment }) {
  return (
    <>
      {!reward && (
        <div className={ui.pair}>
          <TextField
            label="SKU"
            name="sku"
            required
            help="2 to 64 letters, digits, or . _ -. It cannot be changed later."
          />
          <SelectField label="Kind" name="kind">
            <option value="E_GIFT_VOUCHER">E-gift voucher, from a pool of codes</option>
            <option value="MERCHANDISE">Merchandise, shipped</option>
          </SelectField>
        </div>
      )}
      <TextField label="Name" name="name" required defaultValue={reward?.name} />
      <TextArea label="Description" name="description" required defaultValue={reward?.description} />
      <div className={ui.pair}>
        <TextField label="Points" name="points" type="number" min={0} required defaultValue={reward?.points} />
        <TextField
          label="Limit per customer"
          name="limitPerCustomer"
          type="number"
          min={1}
          defaultValue={reward?.limitPerCustomer ?? ""}
          help="Empty: no limit."
        />
        {!reward && (
          <TextField label="Stock" name="stock" type="number" min={0} help="Merchandise only. Empty: no limit." />
        )}
      </div>
      <div className={ui.pair}>
        <TextField label="Brand" name="brand" required defaultValue={reward?.brand} />
        <TextField label="Category" name="category" required defaultValue={reward?.category} />
      </div>
      <PictureField start={reward?.imageUrl} />
      <div className={ui.pair}>
        <TextField
          label="On offer from"
          name="validFrom"
          type="datetime-local"
          defaultValue={localMoment(reward?.validFrom)}
          help="In your own time zone."
        />
        <TextField
          label="On offer until"
          name="validUntil"
          type="datetime-local"
          defaultValue={localMoment(reward?.validUntil)}
        />
      </div>
      <TextArea label="Terms" name="terms" defaultValue={reward?.terms ?? ""} />
      <TextArea label="How to use it" name="howToUse" defaultValue={reward?.howToUse ?? ""} />
      <TextFields start={reward?.texts ?? []} />
      <label className={ui.choice}>
        <input type="checkbox" name="active" defaultChecked={reward ? reward.state !== "DRAFT" : true} />
        Active: shown to customers while it is on offer. A reward that is not active is a draft.
      </label>
    </>
  );
}
