import type { Saga, SagaContext } from "../../platform/saga/saga.ts";
import type { UnitRef } from "../issue/issue-unit.ts";
import type { RevokeUnit } from "../revoke/revoke-unit.ts";
import type { IssuePatience } from "./issue-durably.ts";

export interface RevokeSagaInput {
  orderId: string;
  unitIds: string[];
}

export interface RevokeSagaDeps {
  revokeUnit: RevokeUnit;
  issuePatience: IssuePatience;
}

const MOST_LOOKS = 5;
const LONGEST_PAUSE_MS = 5 * 60 * 1_000;

/** Has Capillary take units back, one after the other. Each ends taken back, kept, or in front of people. */
export function revokeSaga(deps: RevokeSagaDeps): Saga<RevokeSagaInput> {
  return {
    name: "revoke",
    async run(saga, { orderId, unitIds }) {
      for (const unitId of unitIds) await revokeDurably(saga, deps, { orderId, unitId });
    },
  };
}

async function revokeDurably(saga: SagaContext, { revokeUnit, issuePatience }: RevokeSagaDeps, unit: UnitRef) {
  const { maxTries, firstPauseMs } = issuePatience;
  for (let tries = 1; ; tries += 1) {
    const pauseMs = Math.min(firstPauseMs * 2 ** Math.min(tries - 1, 20), LONGEST_PAUSE_MS);
    const sent = await saga.step("revoke", () => revokeUnit.send(unit));
    if (sent === "settled") return;
    if (sent === "taken-back") return untilSeen();
    if (sent === "in-doubt" && (await saga.step("look-for-points", () => revokeUnit.look(unit)))) return;
    if (tries >= maxTries) return saga.step("give-up-revoke", () => revokeUnit.giveUp(unit, sent));
    await saga.sleep(pauseMs);
  }

  async function untilSeen(): Promise<void> {
    for (let looks = 1; ; looks += 1) {
      if (await saga.step("look-for-points", () => revokeUnit.look(unit))) return;
      if (looks >= MOST_LOOKS) return saga.step("give-up-revoke", () => revokeUnit.giveUp(unit, "taken-back"));
      await saga.sleep(firstPauseMs * 2 ** looks);
    }
  }
}
