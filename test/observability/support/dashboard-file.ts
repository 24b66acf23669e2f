import type { Dashboard, FieldConfigSource, Panel, RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dataquery } from "@grafana/grafana-foundation-sdk/prometheus";
import type { Options as Stat } from "@grafana/grafana-foundation-sdk/stat";
import type { Options as TimeSeries, FieldConfig as TimeSeriesField } from "@grafana/grafana-foundation-sdk/timeseries";
import type * as units from "@grafana/grafana-foundation-sdk/units";

/** A type as JSON has it: the values of enumerations of text. */
type Json<T> = T extends string
  ? string extends T
    ? string
    : `${T}`
  : T extends readonly (infer Item)[]
    ? Json<Item>[]
    : T extends object
      ? { [Key in keyof T]: Json<T[Key]> }
      : T;

type Unit = (typeof units)[keyof typeof units];

interface Visualization<Type extends string, Options, Field>
  extends Omit<Panel, "type" | "options" | "targets" | "fieldConfig"> {
  type: Type;
  options: Options;
  targets: Omit<Dataquery, "_implementsDataqueryVariant">[];
  fieldConfig: Omit<FieldConfigSource, "defaults"> & {
    defaults: Omit<FieldConfigSource["defaults"], "unit" | "custom"> & { unit: Unit; custom?: Field };
  };
}

type AnyPanel = Visualization<"stat", Stat, never> | Visualization<"timeseries", TimeSeries, TimeSeriesField>;

/** The file of a dashboard with the panels that this project uses, by the types that Grafana Labs generates from Grafana's schemas. */
export type DashboardFile = Json<
  Omit<Dashboard, "panels"> & { panels: (AnyPanel | (Omit<RowPanel, "panels"> & { panels: AnyPanel[] }))[] }
>;
