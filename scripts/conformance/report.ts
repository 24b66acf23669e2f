import type { Finding, Report } from "./check-provider.ts";

/** Whether the gateway may run with this provider: every required expectation holds. */
export const isFit = ({ findings }: Report): boolean =>
  !findings.some(({ verdict, required }) => required && verdict === "fails");

/** The readable report: failed expectations first, then assumed, unchecked and holding ones, and the settings. */
export function reportWords(report: Report, of: { origin: string; customerId: string }): string {
  const { findings, settings, owed } = report;
  const section = (title: string, among: (finding: Finding) => boolean) => {
    const listed = findings.filter(among);
    if (listed.length === 0) return [];
    return [
      title,
      ...listed.map(({ id, expects, seen }) => `  ${id.padEnd(22)} ${expects}\n  ${" ".repeat(22)}   ${seen}`),
      "",
    ];
  };
  const lines = [
    `Points provider ${of.origin}, test customer ${of.customerId}`,
    "",
    ...section("Fails, and is required: mend it before the gateway uses this provider", isFailing(true)),
    ...section("Fails, and is recommended", isFailing(false)),
    ...section(
      "Left open by the contract: the gateway's settings follow the observation",
      ({ verdict }) => verdict === "assumed",
    ),
    ...unchecked(findings),
    ...section("Holds", ({ verdict }) => verdict === "holds"),
    "Settings of the gateway for this provider (docs/settings.md)",
    ...Object.entries(settings).map(([name, value]) => `  ${name}=${value}`),
    "",
  ];
  if (owed !== null && owed !== 0)
    lines.push(
      `ATTENTION: the balance of ${of.customerId} ${owed > 0 ? `lacks ${owed} points` : `has ${-owed} points too many`}. Correct it by hand.`,
    );
  const failing = findings.filter(isFailing(true)).length;
  const open = findings.filter(({ verdict, required }) => verdict === "not checked" && required).length;
  lines.push(
    failing > 0
      ? `The provider does not conform: ${counted(failing)} ${failing === 1 ? "fails" : "fail"}.`
      : `The provider conforms${open > 0 ? `, as far as it was checked: ${counted(open)} ${open === 1 ? "was" : "were"} not` : ""}.`,
  );
  return lines.join("\n");
}

const isFailing =
  (isRequired: boolean) =>
  ({ verdict, required }: Finding): boolean =>
    verdict === "fails" && required === isRequired;

const counted = (count: number) => `${count} required ${count === 1 ? "expectation" : "expectations"}`;

/** Expectations that were not checked for the same reason share the line with the reason. */
function unchecked(findings: readonly Finding[]): string[] {
  const among = findings.filter(({ verdict }) => verdict === "not checked");
  if (among.length === 0) return [];
  const reasons = [...Map.groupBy(among, ({ seen }) => seen)];
  return [
    "Not checked",
    ...reasons.flatMap(([seen, those]) => [
      `  ${seen}:`,
      ...those.map(({ id, expects }) => `    ${id.padEnd(22)} ${expects}`),
    ]),
    "",
  ];
}
