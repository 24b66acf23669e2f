import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import type { Plugin } from "vite";

interface Brand {
  name: string;
  description: string;
}

/** The directory of hashed files, see `build.assetsDir`. */
const DIRECTORY = "site";

/** A canvas for a brand's logo: the background, and the share of the picture that the logo fills. */
interface Canvas {
  width: number;
  height: number;
  share: number;
  ground: string | undefined;
}

/**
 * Generates the page's branding: its name and colours in the document, and, in a build, the icons, the manifest of the
 * installed app and the preview picture of a shared link, all from `brand.css` and `logo.svg`.
 *
 * @param theme the directory of the two files
 */
export function brandFiles(theme: string, brand: Brand): Plugin {
  const [light, dark] = groundsOf(readFileSync(join(theme, "brand.css"), "utf8"));
  const words: Record<string, string> = {
    "%BRAND%": brand.name,
    "%DESCRIPTION%": brand.description,
    "%LIGHT%": light,
    "%DARK%": dark,
  };
  let tags: { tag: string; attrs: Record<string, string>; injectTo: "head" }[] = [];
  return {
    name: "brand-files",
    async buildStart() {
      if (this.environment.config.command !== "build") return;
      const emit = (name: string, extension: string, source: string | Buffer) => {
        const hash = createHash("sha256").update(source).digest("hex").slice(0, 8);
        const fileName = `${DIRECTORY}/${name}-${hash}.${extension}`;
        this.emitFile({ type: "asset", fileName, source });
        return `/${fileName}`;
      };
      const draw = (canvas: Canvas) => drawLogo(join(theme, "logo.svg"), canvas);
      const square = (size: number, share: number, ground?: string) =>
        draw({ width: size, height: size, share, ground });
      const icons = [
        { src: emit("icon-192", "png", await square(192, 1)), sizes: "192x192", type: "image/png" },
        { src: emit("icon-512", "png", await square(512, 1)), sizes: "512x512", type: "image/png" },
        // Phones crop the icon to a circle, so the logo stays within four fifths.
        {
          src: emit("icon-maskable", "png", await square(512, 0.6, light)),
          sizes: "512x512",
          type: "image/png",
          purpose: "maskable",
        },
      ];
      const manifest = emit(
        "app",
        "webmanifest",
        JSON.stringify({
          id: "/",
          name: brand.name,
          short_name: brand.name,
          description: brand.description,
          start_url: "/",
          scope: "/",
          display: "standalone",
          background_color: light,
          theme_color: light,
          icons,
        }),
      );
      const touchIcon = emit("touch-icon", "png", await square(180, 0.72, light));
      const preview = emit("preview", "png", await draw({ width: 1200, height: 630, share: 0.6, ground: light }));
      const link = (rel: string, href: string) => ({ tag: "link", attrs: { rel, href }, injectTo: "head" as const });
      const meta = (attrs: Record<string, string>) => ({ tag: "meta", attrs, injectTo: "head" as const });
      tags = [
        link("manifest", manifest),
        link("apple-touch-icon", touchIcon),
        meta({ property: "og:type", content: "website" }),
        meta({ property: "og:site_name", content: brand.name }),
        meta({ property: "og:title", content: brand.name }),
        meta({ property: "og:description", content: brand.description }),
        meta({ property: "og:image", content: preview }),
        meta({ name: "twitter:card", content: "summary_large_image" }),
      ];
    },
    transformIndexHtml: {
      order: "post",
      handler: (html) => ({ html: html.replaceAll(/%[A-Z]+%/g, (word) => words[word] ?? word), tags }),
    },
  };
}

/** The page's background colour, `--grout`, in the light and the dark theme. */
function groundsOf(css: string): [light: string, dark: string] {
  const [light, dark] = [...css.matchAll(/--grout:\s*(#[0-9a-f]{6})/gi)].map(([, colour]) => colour);
  if (!light || !dark) throw new Error("brand.css needs --grout as a colour of six hex digits, light and then dark.");
  return [light, dark];
}

async function drawLogo(file: string, { width, height, share, ground }: Canvas): Promise<Buffer> {
  const size = Math.round(Math.min(width, height) * share);
  const transparent = { r: 0, g: 0, b: 0, alpha: 0 };
  const logo = await sharp(file, { density: 1_200 })
    .resize(size, size, { fit: "contain", background: transparent })
    .png()
    .toBuffer();
  return sharp({ create: { width, height, channels: 4, background: ground ?? transparent } })
    .composite([{ input: logo, gravity: "centre" }])
    .png({ compressionLevel: 9, palette: true })
    .toBuffer();
}
