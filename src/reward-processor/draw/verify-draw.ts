import { checkDraw } from "./draw-campaign.ts";
import { type Given, oneMore, prizeOf } from "./prize-of.ts";
import {
  type Header,
  hashOfTicket,
  headerOf,
  type Published,
  published,
  type Reveal,
  type Ticket,
  toLine,
} from "./published.ts";
import { rollOf } from "./roll.ts";
import { commitOf } from "./seed.ts";

/** What is not as it should be; `line` is the line of the file, 1 is the first. */
export interface DrawProblem {
  line: number;
  message: string;
}

export type DrawVerdict =
  | { ok: true; campaignId: string; tickets: number; given: Given; openingHash: string; lastHash: string }
  | { ok: false; problems: DrawProblem[] };

/**
 * Recomputes every result of a draw from what was published: that the seed is the one committed to, that tickets have no
 * gap, that each hash covers its line and the one before, each roll, each prize, and that no stock was given twice.
 *
 * It cannot tell who was let in, nor that this file is the one that was announced: for the latter, compare `openingHash`
 * and the hash of a ticket you hold a receipt for.
 *
 * @param openingHash the header's hash as announced at the opening, if known: it makes an exchanged draw show
 */
export function verifyDraw(file: string | Uint8Array, { openingHash }: { openingHash?: string } = {}): DrawVerdict {
  const problems: DrawProblem[] = [];
  const note = (line: number, message: string) => void problems.push({ line, message });

  const records = readRecords(file, note);
  const header = findHeader(records, note);
  const reveal = findReveal(records, note);
  const tickets = records.flatMap(({ line, record }) => (record.type === "ticket" ? [{ line, ticket: record }] : []));
  if (!header || !reveal) return { ok: false, problems };

  if (openingHash !== undefined && header.hash !== openingHash)
    note(1, "this is not the draw that was announced: its opening hash is another");
  if (commitOf(reveal.record.seed) !== header.campaign.seedCommit)
    note(reveal.line, "the seed is not the one that was committed to at the opening");
  const { given, lastHash } = verifyTickets(header, reveal.record.seed, tickets, note);
  if (reveal.record.tickets !== tickets.length)
    note(reveal.line, `the reveal counts ${reveal.record.tickets} tickets, the file has ${tickets.length}`);
  if (reveal.record.lastHash !== lastHash) note(reveal.line, "the reveal does not close on the last ticket's hash");

  if (problems.length > 0) return { ok: false, problems: problems.sort((a, b) => a.line - b.line) };
  return {
    ok: true,
    campaignId: header.campaign.id,
    tickets: tickets.length,
    given,
    openingHash: header.hash,
    lastHash,
  };
}

type Note = (line: number, message: string) => void;
interface Line<Kind extends Published> {
  line: number;
  record: Kind;
}

/** Every line that is a record, written the one way there is. */
function readRecords(file: string | Uint8Array, note: Note): Line<Published>[] {
  const lines = readText(file, note).split("\n");
  if (lines.pop() !== "") note(lines.length + 1, "the file does not end with a whole line");
  return lines.flatMap((text, index) => {
    const line = index + 1;
    const parsed = published.safeParse(parseJson(text));
    if (!parsed.success) {
      note(line, "this is no header, ticket or reveal");
      return [];
    }
    if (toLine(parsed.data) !== `${text}\n`) note(line, "this is not written as it was published");
    return [{ line, record: parsed.data }];
  });
}

function readText(file: string | Uint8Array, note: Note): string {
  if (typeof file === "string") return file;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(file);
  } catch {
    note(1, "the file is not UTF-8 text");
    return "";
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function findHeader(records: readonly Line<Published>[], note: Note): Header | null {
  const [first] = records;
  if (first?.record.type !== "header" || first.line !== 1) {
    note(1, "the file does not start with the header of a draw");
    return null;
  }
  for (const { line, record } of records.slice(1)) if (record.type === "header") note(line, "there is a second header");
  const { campaign, hash } = first.record;
  for (const { message } of checkDraw(campaign)) note(1, message);
  if (headerOf(campaign).hash !== hash) note(1, "the header's hash does not cover its campaign");
  return first.record;
}

function findReveal(records: readonly Line<Published>[], note: Note): Line<Reveal> | null {
  const reveals = records.flatMap(({ line, record }) => (record.type === "reveal" ? [{ line, record }] : []));
  const [reveal, second] = reveals;
  if (!reveal) {
    note(records.length + 1, "the seed has not been revealed: results can be checked once the draw is closed");
    return null;
  }
  if (second) note(second.line, "there is a second reveal");
  if (records.at(-1)?.record !== reveal.record) note(reveal.line, "the reveal is not the last line");
  return reveal;
}

/** Goes on from what a ticket should be, and from the hash it says it has, so one altered ticket is one problem. */
function verifyTickets(
  { campaign, hash }: Header,
  seed: string,
  tickets: readonly { line: number; ticket: Ticket }[],
  note: Note,
): { given: Given; lastHash: string } {
  let given: Given = {};
  let lastHash = hash;
  let expected = 1;
  for (const { line, ticket } of tickets) {
    const { number } = ticket;
    if (number !== expected) note(line, `ticket ${expected} is due here, this is ticket ${number}`);
    expected = number + 1;
    if (hashOfTicket(lastHash, ticket) !== ticket.hash)
      note(line, `ticket ${number}: its hash does not cover it and the one before`);
    lastHash = ticket.hash;

    const roll = rollOf(seed, campaign.id, number);
    if (ticket.roll !== roll) note(line, `ticket ${number}: the seed gives roll ${roll}, not ${ticket.roll}`);
    const { hit, prize } = prizeOf(campaign, roll, given);
    if (ticket.hit !== hit) note(line, `ticket ${number}: roll ${roll} hits ${hit}, not ${ticket.hit}`);
    if (ticket.prize !== prize) note(line, `ticket ${number}: its prize is ${prize}, not ${ticket.prize}`);
    given = oneMore(given, prize);
  }
  return { given, lastHash };
}
