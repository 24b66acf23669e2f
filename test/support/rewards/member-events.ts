import { randomUUID } from "node:crypto";
import type { MemberEvent } from "../../../src/feed/member-event.ts";

type Of<Type extends MemberEvent["type"]> = Extract<MemberEvent, { type: Type }>;

export const awardMade = (given: Partial<Of<"AWARD_MADE">> = {}): Of<"AWARD_MADE"> => ({
  type: "AWARD_MADE",
  awardId: randomUUID(),
  unit: "POINTS",
  quantity: 500,
  action: "register",
  campaign: "welcome",
  rule: "Welcome bonus",
  forDraw: null,
  availableAt: "2026-06-03T10:00:00.000Z",
  expiresAt: null,
  ...given,
});

export const checkIn = (given: Partial<Of<"CHECK_IN_RECORDED">> = {}): Of<"CHECK_IN_RECORDED"> => ({
  type: "CHECK_IN_RECORDED",
  date: "2026-06-03",
  streak: 1,
  longest: 1,
  nextCheckInAt: "2026-06-03T17:00:00.000Z",
  ...given,
});
