import { z } from "zod";
import { type PictureType, pictureHashOf, picturePath } from "../catalog/index.ts";
import { type Refusal, type Refused, refusal, refused } from "../domain/refusal.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { afterCommit, type Db, inTransaction, type Tx } from "../platform/db.ts";
import { hasControls, isVisible } from "../platform/visible-text.ts";
import { isColour, LEAST, palettesOf } from "./colours.ts";

export interface Logo {
  imageUrl: string;
  type: PictureType;
  /** In pixels. */
  width: number;
  height: number;
}

/** The brand as operators set it. Each field is null where the storefront's default applies. */
export interface Brand {
  name: string | null;
  primaryColour: string | null;
  logo: Logo | null;
  supportUrl: string | null;
}

export const defaultBrand: Brand = { name: null, primaryColour: null, logo: null, supportUrl: null };

/** The values of a new brand. Null returns to the default. */
export interface BrandInput {
  name: string | null;
  primaryColour: string | null;
  logoUrl: string | null;
  supportUrl: string | null;
}

const ID = 1;
const MAX_NAME = 40;
const MAX_URL = 500;
/** The longer side of a logo, compared with the shorter one. */
const MAX_RATIO = 4 / 3;

const name = z
  .string()
  .trim()
  .max(MAX_NAME, `is longer than ${MAX_NAME} characters`)
  .refine((value) => !hasControls(value), "has a line break or another control character")
  .refine(isVisible, "is empty");

const primaryColour = z
  .string()
  .trim()
  .toLowerCase()
  .refine(isColour, "is not a colour such as #12665c")
  .superRefine((colour, { addIssue }) => {
    if (!isColour(colour)) return;
    const palettes = palettesOf(colour);
    if ("light" in palettes) return;
    addIssue(
      `has a contrast of ${(Math.floor(palettes.contrast * 100) / 100).toFixed(2)} to the page, and at least ${LEAST.control} is ` +
        `required. The next darker colour with this hue is ${palettes.instead}`,
    );
  });

const supportUrl = z
  .string()
  .trim()
  .max(MAX_URL, `is longer than ${MAX_URL} characters`)
  .refine(isLink, "is not an https address or a mailto address");

function isLink(text: string): boolean {
  const url = URL.parse(text);
  if (url?.protocol === "mailto:") return /^[^@\s]+@[^@\s]+$/.test(url.pathname);
  return url?.protocol === "https:" && url.username === "" && url.password === "";
}

const values = z.object({
  name: name.nullable(),
  primaryColour: primaryColour.nullable(),
  logoUrl: z.string().nullable(),
  supportUrl: supportUrl.nullable(),
});

const invalid = (field: string, problem: string): Refusal =>
  refusal("INVALID_INPUT", `${field}: ${problem}.`, ["input", field]);

export const readBrand = async (db: Pick<Tx, "brand">): Promise<Brand> => {
  const row = await db.brand.findUnique({
    where: { id: ID },
    include: { logo: { select: { hash: true, type: true, width: true, height: true } } },
  });
  if (!row) return defaultBrand;
  const { name, primaryColour, supportUrl } = row;
  return { name, primaryColour, supportUrl, logo: row.logo && toLogo(row.logo) };
};

function toLogo({ hash, type: stored, width, height }: { hash: string; type: string; width: number; height: number }) {
  const type = stored as PictureType; // a check constraint of the table
  return { imageUrl: picturePath(hash, type), type, width, height };
}

const detailsOf = ({ logo, ...others }: Brand) => ({ ...others, logoUrl: logo?.imageUrl ?? null });

/**
 * Replaces the brand, and records the old and the new one in the audit log.
 *
 * @param deps.changed called after the commit
 */
export function makeSetBrand({ db, clock, changed }: { db: Db; clock: Clock; changed(): void }) {
  return async (input: BrandInput, operatorId: string): Promise<Brand | Refused> => {
    const parsed = values.safeParse(input);
    if (!parsed.success) {
      const [first, ...others] = parsed.error.issues.map(({ path, message }) => invalid(String(path[0]), message));
      if (first) return refused(first, ...others);
      throw parsed.error;
    }
    const { logoUrl, ...data } = parsed.data;
    const logoHash = logoUrl === null ? null : (pictureHashOf(logoUrl) ?? "");
    return inTransaction(db, async (tx) => {
      if (logoHash !== null) {
        const problem = await logoProblem(tx, logoHash);
        if (problem) return refused(invalid("logoUrl", problem));
      }
      const before = await readBrand(tx);
      const row = { ...data, logoHash, changedBy: operatorId, changedAt: clock.now() };
      await tx.brand.upsert({ where: { id: ID }, create: { id: ID, ...row }, update: row });
      const after = await readBrand(tx);
      await audit(tx, {
        at: clock.now(),
        actor: operatorId,
        action: "brand.set",
        subject: "brand",
        details: { before: detailsOf(before), after: detailsOf(after) },
      });
      afterCommit(tx, changed);
      return after;
    });
  };
}

async function logoProblem(tx: Tx, hash: string): Promise<string | null> {
  const picture = await tx.picture.findUnique({ where: { hash }, select: { width: true, height: true } });
  if (!picture) return "is not a picture that was uploaded here";
  const { width, height } = picture;
  if (Math.max(width, height) <= MAX_RATIO * Math.min(width, height)) return null;
  return `has ${width} × ${height} pixels; the longer side of a logo may be a third longer than the shorter side`;
}
