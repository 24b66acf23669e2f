import { checkDraw } from "./draw-campaign.ts";
import { type Awarded, prizeOf, withAward } from "./prize-of.ts";
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

/** A deviation; `line` is the line of the file, counted from 1. */
export interface DrawProblem {
  line: number;
  message: string;
}

export interface DrawHolds {
  ok: true;
  /** Whether the seed is published. Before that, rolls cannot be recomputed: see `isOpen`. */
  isRevealed: boolean;
  campaignId: string;
  tickets: number;
  given: Awarded;
  openingHash: string;
  lastHash: string;
}
export type DrawVerdict = DrawHolds | { ok: false; problems: DrawProblem[] };

/** Independent knowledge about a draw, to compare the file with. */
export interface Known {
  /** The header's hash as announced at the opening: it reveals a replaced draw. */
  openingHash?: string;
  /** Numbers and hashes of a holder's tickets. */
  receipts?: readonly Pick<Ticket, "number" | "hash">[];
  /** Permits a secret seed: all checks run, except the recomputation of the rolls from the seed. */
  isOpen?: boolean;
}

/**
 * Verifies a published draw by recomputing all results: the seed matches its commitment, ticket numbers have no gap,
 * each hash covers its line and the previous hash, and each roll, each prize and the stock are correct.
 *
 * It cannot verify who was admitted. Without `known` it cannot verify that this file is the announced one.
 */
export function verifyDraw(file: string | Uint8Array, known: Known = {}): DrawVerdict {
  const steps = verifying(file, known);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Like `verifyDraw`, but yields after each line, so that a page stays responsive. */
export function* verifying(
  file: string | Uint8Array,
  { openingHash, receipts = [], isOpen = false }: Known = {},
): Generator<void, DrawVerdict, void> {
  const problems: DrawProblem[] = [];
  const note = (line: number, message: string) => void problems.push({ line, message });

  const records = yield* readRecords(file, note);
  const header = findHeader(records, note);
  const reveal = findReveal(records, isOpen, note);
  const tickets = records.flatMap(({ line, record }) => (record.type === "ticket" ? [{ line, ticket: record }] : []));
  if (!header || (!reveal && !isOpen)) return { ok: false, problems };

  if (openingHash !== undefined && header.hash !== openingHash)
    note(1, "this is not the draw that was announced: its opening hash is another");
  if (reveal && commitOf(reveal.record.seed) !== header.campaign.seedCommit)
    note(reveal.line, "the seed is not the one that was committed to at the opening");
  const { given, lastHash } = yield* verifyTickets(header, reveal?.record.seed, tickets, note);
  findReceipts(receipts, tickets, note);
  if (reveal && reveal.record.tickets !== tickets.length)
    note(reveal.line, `the reveal counts ${reveal.record.tickets} tickets, the file has ${tickets.length}`);
  if (reveal && reveal.record.lastHash !== lastHash)
    note(reveal.line, "the reveal does not close on the last ticket's hash");

  if (problems.length > 0) return { ok: false, problems: problems.sort((a, b) => a.line - b.line) };
  return {
    ok: true,
    isRevealed: reveal !== null,
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

/** All lines that are records in the canonical form. */
function* readRecords(file: string | Uint8Array, note: Note): Generator<void, Line<Published>[], void> {
  const lines = readText(file, note).split("\n");
  if (lines.pop() !== "") note(lines.length + 1, "the file does not end with a whole line");
  const records: Line<Published>[] = [];
  for (const [index, text] of lines.entries()) {
    yield;
    const line = index + 1;
    const { data: record } = published.safeParse(parseJson(text));
    if (!record) note(line, "this is no header, ticket or reveal");
    else {
      if (toLine(record) !== `${text}\n`) note(line, "this is not written as it was published");
      records.push({ line, record });
    }
  }
  return records;
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

function findReveal(records: readonly Line<Published>[], isOpen: boolean, note: Note): Line<Reveal> | null {
  const reveals = records.flatMap(({ line, record }) => (record.type === "reveal" ? [{ line, record }] : []));
  const [reveal, second] = reveals;
  if (!reveal) {
    if (isOpen) return null;
    note(records.length + 1, "the seed has not been revealed: results can be checked once the draw is closed");
    return null;
  }
  if (second) note(second.line, "there is a second reveal");
  if (records.at(-1)?.record !== reveal.record) note(reveal.line, "the reveal is not the last line");
  return reveal;
}

interface TicketLine {
  line: number;
  ticket: Ticket;
}

/**
 * Continues with the expected ticket and the stated hash after a deviation, so that one altered ticket is one problem.
 */
function* verifyTickets(
  { campaign, hash }: Header,
  seed: string | undefined,
  tickets: readonly TicketLine[],
  note: Note,
): Generator<void, { given: Awarded; lastHash: string }, void> {
  let given: Awarded = {};
  let lastHash = hash;
  let expected = 1;
  for (const { line, ticket } of tickets) {
    yield;
    const { number } = ticket;
    if (number !== expected) note(line, `ticket ${expected} is due here, this is ticket ${number}`);
    expected = number + 1;
    if (hashOfTicket(lastHash, ticket) !== ticket.hash)
      note(line, `ticket ${number}: its hash does not cover it and the one before`);
    lastHash = ticket.hash;

    const roll = seed === undefined ? ticket.roll : rollOf(seed, campaign.id, number);
    if (ticket.roll !== roll) note(line, `ticket ${number}: the seed gives roll ${roll}, not ${ticket.roll}`);
    const { hit, prize } = prizeOf(campaign, roll, given);
    if (ticket.hit !== hit) note(line, `ticket ${number}: roll ${roll} hits ${hit}, not ${ticket.hit}`);
    if (ticket.prize !== prize) note(line, `ticket ${number}: its prize is ${prize}, not ${ticket.prize}`);
    given = withAward(given, prize);
  }
  return { given, lastHash };
}

function findReceipts(receipts: NonNullable<Known["receipts"]>, tickets: readonly TicketLine[], note: Note): void {
  if (receipts.length === 0) return;
  const byNumber = new Map(tickets.map((each) => [each.ticket.number, each]));
  for (const { number, hash } of receipts) {
    const found = byNumber.get(number);
    if (!found) note(tickets.length + 1, `ticket ${number}: there is a receipt for it, and it is not here`);
    else if (found.ticket.hash !== hash) note(found.line, `ticket ${number}: its hash is not the one of the receipt`);
  }
}
