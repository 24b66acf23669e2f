import type { Attack } from "../main.ts";
import type { World } from "../world.ts";

const times = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i)).join(" ");
const ROUNDS = 40;

/** A document of 2 kB with the same name 370 times. */
const equalNames = (nth: number) => `{ ${times(370, () => "me{id}")} } # ${nth}`;

/** Shapes near every limit at once. Each is new to the gateway, by a comment at its end. */
const nearLimits: Record<string, (nth: number) => string> = {
  "ten equal names on three levels": (nth) =>
    `{ ${times(10, () => `me { ${times(2, () => `cart { ${times(2, () => "id version total")} }`)} }`)} } # ${nth}`,
  "fragments that all meet": (nth) =>
    `{ me { ${times(30, (i) => `...F${i}`)} } } ${times(30, (i) => `fragment F${i} on Customer { ${times(8, () => "id")} }`)} # ${nth}`,
  "fragments within fragments": (nth) =>
    `{ me { ...F0 ...F1 } } ${times(28, (i) => `fragment F${i} on Customer { ...F${i + 1} ...F${i + 2} ${times(4, () => "id customerId")} }`)}
     fragment F28 on Customer { id } fragment F29 on Customer { id } # ${nth}`,
  "fields with arguments that are compared": (nth) =>
    `{ ${times(10, () => `rewards(first: 5, filter: { search: "abc", brands: ["a", "b", "c", "d", "e"] }) { nodes { ${times(8, () => "id name")} } }`)} } # ${nth}`,
  "nothing that exists": (nth) => `{ ${times(240, (i) => `nothing${i}(a: ${i})`)} } # ${nth}`,
};

async function cpuOf(world: World, make: (nth: number) => string): Promise<{ ms: number; refusal: string }> {
  await world.send(make(-1));
  let code = "";
  const before = world.cpuMs();
  for (let nth = 0; nth < ROUNDS; nth += 1) {
    const { body } = await world.send(make(nth));
    code = body.errors?.[0]?.message.slice(0, 60) ?? "runs";
  }
  return { ms: (world.cpuMs() - before) / ROUNDS, refusal: code };
}

export const attack: Attack = {
  env: { COST_PER_MINUTE_ADDRESS: "1000000000" }, // it is about each document
  async run(world) {
    for (let warm = 0; warm < 30; warm += 1)
      await world.send(`{ rewards(first: 5) { nodes { name } } } # warm ${warm}`);
    const dear = await cpuOf(world, equalNames);
    const figures: Record<string, string> = {
      "CPU of `me{id}` 370 times": `${dear.ms.toFixed(1)} ms: ${dear.refusal}`,
    };
    for (const [shape, make] of Object.entries(nearLimits)) {
      const { ms, refusal } = await cpuOf(world, make);
      figures[`CPU of ${shape}`] = `${ms.toFixed(1)} ms: ${refusal}`;
    }
    return figures;
  },
};
