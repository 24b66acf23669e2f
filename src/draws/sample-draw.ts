import type { DrawCampaign } from "./draw-campaign.ts";

/** The draw of the sample programme's tickets: about one ticket in three wins a prize. */
export const sampleDraw = (seedCommit: string): DrawCampaign => ({
  id: "sample-draw",
  name: "The sandbox's lucky draw",
  seedCommit,
  prizes: [
    {
      id: "headphones",
      name: "Wireless headphones",
      oddsPpm: 500,
      stock: 5,
      kind: "reward",
      sku: "WATTLEWIRE-HEADPHONES",
    },
    { id: "points-1000", name: "1000 points", oddsPpm: 10_000, stock: 100, kind: "points", points: 1_000 },
    { id: "points-50", name: "50 points", oddsPpm: 300_000, stock: null, kind: "points", points: 50 },
    { id: "no-luck", name: "Better luck next time", oddsPpm: 0, stock: null, kind: "none" },
  ],
  fallback: "no-luck",
});
