import { brand as built } from "../../theme/brand.ts";
import builtLogo from "../../theme/logo.svg";

interface SetBrand {
  name: string | null;
  logoUrl: string | null;
  supportUrl: string | null;
}

/** The values that operators have set: the gateway puts them into the page, see `src/brand/brand-page.ts`. */
const content = document.querySelector<HTMLMetaElement>('meta[name="brand"]')?.content;
const set = content === undefined ? undefined : (JSON.parse(content) as SetBrand);

/** The site's brand: the values of `theme/` where operators have set no other. */
export const brand = {
  ...built,
  name: set?.name ?? built.name,
  logo: set?.logoUrl ?? builtLogo,
  supportUrl: set?.supportUrl ?? null,
};
