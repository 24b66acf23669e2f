import { generate } from "lean-qr";
import { useMemo } from "react";

/** A QR code, black on white in every theme, with the quiet zone that scanners need. */
export function QrCode({ text, label, className }: { text: string; label: string; className: string | undefined }) {
  const { size, path } = useMemo(() => {
    const made = generate(text);
    const squares: string[] = [];
    for (let y = 0; y < made.size; y += 1)
      for (let x = 0; x < made.size; x += 1) if (made.get(x, y)) squares.push(`M${x} ${y}h1v1h-1z`);
    return { size: made.size, path: squares.join("") };
  }, [text]);
  return (
    <svg
      className={className}
      viewBox={`-4 -4 ${size + 8} ${size + 8}`}
      shapeRendering="crispEdges"
      role="img"
      aria-label={label}
    >
      <rect x="-4" y="-4" width={size + 8} height={size + 8} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
