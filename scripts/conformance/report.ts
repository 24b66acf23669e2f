import type { Finding, Report } from "./check-provider.ts";

/** Whether the gateway may run with this provider: every required expectation holds. */
export const isFit = ({ findings }: Report): boolean =>
  !findings.some(({ verdict, required }) => required && verdict === "fails");

/** The readable report: holding, assumed, failed and unchecked expectations. */
export function reportWords(report: Report): string {
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
    ...section("Holds", ({ verdict }) => verdict === "holds"),
    ...section("Assumed, because the documentation leaves it open", ({ verdict }) => verdict === "assumed"),
    ...section("Fails, and is required", ({ verdict, required }) => verdict === "fails" && required),
    ...section("Fails, and is recommended", ({ verdict, required }) => verdict === "fails" && !required),
    ...section("Not checked", ({ verdict }) => verdict === "not checked"),
    "Settings of the gateway that fit",
    ...Object.entries(settings).map(([name, value]) => `  ${name}=${value}`),
    "",
  ];
  if (owed !== null && owed !== 0)
    lines.push(`ATTENTION: ${owed} points of the test customer are missing. Give them back by hand.`);
  const failing = findings.filter(({ verdict, required }) => verdict === "fails" && required).length;
  const unchecked = findings.filter(({ verdict, required }) => verdict === "not checked" && required).length;
  lines.push(
    failing > 0
      ? `The provider does not conform: ${failing} required expectations fail.`
      : `The provider conforms${unchecked > 0 ? `, as far as it was checked: ${unchecked} required expectations were not` : ""}.`,
  );
  return lines.join("\n");
}
