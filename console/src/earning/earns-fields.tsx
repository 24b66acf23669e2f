import { TextField } from "../../../microsite/src/ui/field.tsx";
import { NumberField, Rows } from "../ui/rows.tsx";
import ui from "../ui/ui.module.css";
import type { Earns, Multiplier } from "./rule-definition.ts";
import { weekdayName } from "./rule-sentences.ts";

type Change<E> = (earns: E) => void;

/** The fields for the points or tickets that the rule awards, by its action. */
export function EarnsFields({ earns, onChange }: { earns: Earns; onChange: Change<Earns> }) {
  switch (earns.action) {
    case "register":
      return (
        <NumberField
          label="Points for joining"
          min={1}
          value={earns.points}
          onChange={(points) => onChange({ ...earns, points: points ?? 0 })}
        />
      );
    case "registerreferral":
      return (
        <>
          <Rows
            legend="Points for each friend"
            add="Add a step"
            minRows={1}
            rows={earns.ladder}
            blank={{ from: (earns.ladder.at(-1)?.from ?? 0) + 1, points: 100 }}
            onChange={(ladder) => onChange({ ...earns, ladder })}
          >
            {(step, change) => (
              <>
                <NumberField
                  label="From friend number"
                  min={1}
                  value={step.from}
                  onChange={(from) => change({ ...step, from: from ?? 1 })}
                />
                <NumberField
                  label="Points"
                  min={0}
                  value={step.points}
                  onChange={(points) => change({ ...step, points: points ?? 0 })}
                />
              </>
            )}
          </Rows>
          <NumberField
            label="Points for the friend"
            min={0}
            value={earns.receiverPoints}
            onChange={(points) => onChange({ ...earns, receiverPoints: points ?? 0 })}
          />
        </>
      );
    case "transactionpromo":
      return <PurchaseFields earns={earns} onChange={onChange} />;
    case "transactionreferral":
      return (
        <Rows
          legend="Points for each product"
          add="Add a product"
          minRows={1}
          rows={earns.products}
          blank={{ productId: "", points: 50 }}
          onChange={(products) => onChange({ ...earns, products })}
        >
          {(product, change) => (
            <>
              <TextField
                label="Product id"
                value={product.productId}
                onChange={({ target }) => change({ ...product, productId: target.value })}
              />
              <NumberField
                label="Points"
                min={1}
                value={product.points}
                onChange={(points) => change({ ...product, points: points ?? 0 })}
              />
            </>
          )}
        </Rows>
      );
    case "dailycheckin":
      return (
        <>
          <fieldset>
            <legend>Points by day of the streak</legend>
            <div className={ui.pair}>
              {earns.days.map((points, dayIndex) => (
                <NumberField
                  // biome-ignore lint/suspicious/noArrayIndexKey: the index is the day
                  key={dayIndex}
                  label={`Day ${dayIndex + 1}`}
                  min={0}
                  value={points}
                  onChange={(changed) => onChange({ ...earns, days: earns.days.with(dayIndex, changed ?? 0) })}
                />
              ))}
            </div>
          </fieldset>
          <NumberField
            label="Days that may be missed without ending the streak"
            min={0}
            value={earns.freezes ?? 0}
            onChange={(freezes) => onChange({ ...earns, freezes: freezes ?? 0 })}
          />
          <Rows
            legend="Streak bonuses"
            add="Add a bonus"
            rows={earns.streakBonuses}
            blank={{ streak: 7, points: 50 }}
            onChange={(streakBonuses) => onChange({ ...earns, streakBonuses })}
          >
            {(bonus, change) => (
              <>
                <NumberField
                  label="Streak in days"
                  min={1}
                  value={bonus.streak}
                  onChange={(streak) => change({ ...bonus, streak: streak ?? 1 })}
                />
                <NumberField
                  label="Points"
                  min={1}
                  value={bonus.points}
                  onChange={(points) => change({ ...bonus, points: points ?? 0 })}
                />
              </>
            )}
          </Rows>
        </>
      );
    case "luckydraw":
      return (
        <div className={ui.pair}>
          <TextField
            label="Draw id"
            required
            value={earns.drawId}
            onChange={({ target }) => onChange({ ...earns, drawId: target.value })}
          />
          <NumberField
            label="Purchase amount per ticket"
            min={1}
            value={earns.amountPerTicket}
            onChange={(amount) => onChange({ ...earns, amountPerTicket: amount ?? 1 })}
          />
        </div>
      );
  }
}

type Purchase = Extract<Earns, { action: "transactionpromo" }>;

function PurchaseFields({ earns, onChange }: { earns: Purchase; onChange: Change<Purchase> }) {
  return (
    <>
      <NumberField
        label="Minimum purchase amount"
        min={0}
        value={earns.minimumAmount}
        onChange={(minimumAmount) => onChange({ ...earns, minimumAmount: minimumAmount ?? 0 })}
      />
      <Rows
        legend="Rates: the highest rate that the amount reaches applies to the whole amount"
        add="Add a rate"
        minRows={1}
        rows={earns.tiers}
        blank={{ from: (earns.tiers.at(-1)?.from ?? 0) + 1_000, rate: { points: 1, perAmount: 100 } }}
        onChange={(tiers) => onChange({ ...earns, tiers })}
      >
        {(tier, change) => (
          <>
            <NumberField
              label="Amount from"
              min={0}
              value={tier.from}
              onChange={(from) => change({ ...tier, from: from ?? 0 })}
            />
            <NumberField
              label="Points"
              min={1}
              value={tier.rate.points}
              onChange={(points) => change({ ...tier, rate: { ...tier.rate, points: points ?? 1 } })}
            />
            <NumberField
              label="per amount of"
              min={1}
              value={tier.rate.perAmount}
              onChange={(perAmount) => change({ ...tier, rate: { ...tier.rate, perAmount: perAmount ?? 1 } })}
            />
          </>
        )}
      </Rows>
      <Rows
        legend="Multipliers"
        add="Add a multiplier"
        rows={earns.multipliers}
        blank={{ name: "Double points", basisPoints: 20_000 }}
        onChange={(multipliers) => onChange({ ...earns, multipliers })}
      >
        {(multiplier, change) => <MultiplierFields multiplier={multiplier} onChange={change} />}
      </Rows>
    </>
  );
}

const week = [1, 2, 3, 4, 5, 6, 7];

function MultiplierFields({ multiplier, onChange }: { multiplier: Multiplier; onChange: Change<Multiplier> }) {
  const { weekdays = [], ...rest } = multiplier;
  const toggle = (number: number) => {
    const chosen = week.filter((each) => weekdays.includes(each) !== (each === number));
    onChange(chosen.length > 0 ? { ...rest, weekdays: chosen } : rest);
  };
  return (
    <>
      <TextField
        label="Name"
        value={multiplier.name}
        onChange={({ target }) => onChange({ ...multiplier, name: target.value })}
      />
      <NumberField
        label="Factor"
        min={0.0001}
        step="0.0001"
        value={multiplier.basisPoints / 10_000}
        onChange={(factor) => onChange({ ...multiplier, basisPoints: Math.round((factor ?? 1) * 10_000) })}
      />
      <fieldset>
        <legend>Days; without a selection, every day</legend>
        <div className={ui.row}>
          {week.map((number) => (
            <label key={number} className={ui.choice}>
              <input type="checkbox" checked={weekdays.includes(number)} onChange={() => toggle(number)} />
              {weekdayName(number).slice(0, 3)}
            </label>
          ))}
        </div>
      </fieldset>
    </>
  );
}
