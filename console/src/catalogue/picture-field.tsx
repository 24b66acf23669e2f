import { useMutation } from "@apollo/client/react";
import { useEffect, useId, useRef, useState } from "react";
import ReactCrop, { centerCrop, makeAspectCrop, type PercentCrop } from "react-image-crop";
import "react-image-crop/dist/ReactCrop.css";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { TextField } from "../../../microsite/src/ui/field.tsx";
import { UploadPictureDocument } from "../graphql/generated/graphql.ts";
import { formResultOf, Refusals } from "../ui/form.tsx";
import ui from "../ui/ui.module.css";
import styles from "./catalogue.module.css";

/** The form of an uploaded picture. Widths are in pixels. */
interface Shape {
  aspect: number;
  mostWidth: number;
  leastWidth: number;
}
const shapes = {
  /** The storefront shows rewards with this aspect ratio, and at most half as wide. */
  reward: { aspect: 4 / 3, mostWidth: 1_600, leastWidth: 270 },
  logo: { aspect: 1, mostWidth: 512, leastWidth: 200 },
} as const satisfies Record<string, Shape>;
const QUALITY = 0.85;

/** The largest centred part of a picture with the aspect ratio. */
function largestCrop({ width, height }: ImageBitmap, aspect: number): PercentCrop {
  const whole = width / height > aspect ? { height: 100 } : { width: 100 };
  return centerCrop(makeAspectCrop({ unit: "%", ...whole }, aspect, width, height), width, height);
}

/** Draws a part of the picture, `mostWidth` wide at most. Drawing removes metadata such as the camera's location. */
async function cut(bitmap: ImageBitmap, crop: PercentCrop, mostWidth: number): Promise<Blob> {
  const part = {
    x: (bitmap.width * crop.x) / 100,
    y: (bitmap.height * crop.y) / 100,
    width: (bitmap.width * crop.width) / 100,
    height: (bitmap.height * crop.height) / 100,
  };
  const scale = Math.min(1, mostWidth / part.width);
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(part.width * scale);
  canvas.height = Math.round(part.height * scale);
  const context = canvas.getContext("2d");
  context?.drawImage(bitmap, part.x, part.y, part.width, part.height, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/webp", QUALITY));
  if (!blob) throw new Error("The browser could not store the picture.");
  return blob;
}

const base64Of = (blob: Blob) =>
  new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(",")[1] ?? "");
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });

export interface PictureFieldProps {
  start?: string | null | undefined;
  required?: boolean;
  shape?: keyof typeof shapes;
  name?: string;
  label?: string;
  help?: string;
  onAddress?(address: string): void;
}

/** The address of a picture: any address, or an upload that is cropped to the shape's aspect ratio. */
export function PictureField(props: PictureFieldProps) {
  const { start, required = true, shape = "reward", name = "imageUrl", label = "Picture", onAddress } = props;
  const { help = "An upload fills it in. Or a path on this server, or an https address." } = props;
  const { aspect, mostWidth, leastWidth } = shapes[shape];
  const id = useId();
  const [address, setAddress] = useState(start ?? "");
  const [bitmap, setBitmap] = useState<ImageBitmap | null>(null);
  const [crop, setCrop] = useState<PercentCrop>();
  const [problem, setProblem] = useState<string | null>(null);
  const [refusals, setRefusals] = useState<ReturnType<typeof formResultOf>["refusals"]>([]);
  const [upload, { loading }] = useMutation(UploadPictureDocument);
  const canvas = useRef<HTMLCanvasElement>(null);

  useEffect(() => {
    if (bitmap) canvas.current?.getContext("2d")?.drawImage(bitmap, 0, 0);
  }, [bitmap]);

  function choose(next: string) {
    setAddress(next);
    onAddress?.(next);
  }

  async function open(file: File | undefined) {
    setBitmap(null);
    setProblem(null);
    setRefusals([]);
    if (!file) return;
    try {
      const opened = await createImageBitmap(file);
      if (Math.min(opened.width, opened.height * aspect) < leastWidth) {
        return setProblem(`The picture has ${opened.width} × ${opened.height} pixels. Choose a larger picture.`);
      }
      setBitmap(opened);
      setCrop(largestCrop(opened, aspect));
    } catch {
      setProblem("The browser cannot read this file as a picture. Choose a JPEG, PNG or WebP file.");
    }
  }

  async function send() {
    if (!bitmap || !crop) return;
    const base64 = await base64Of(await cut(bitmap, crop, mostWidth));
    const result = await upload({ variables: { input: { base64 } } });
    const payload = result.data?.uploadPicture;
    setRefusals(formResultOf(result, payload).refusals);
    if (!payload?.imageUrl) return;
    choose(payload.imageUrl);
    setBitmap(null);
  }

  return (
    <fieldset>
      <legend>{label}</legend>
      {address && !bitmap && (
        <img className={styles.chosen} data-shape={shape} src={address} alt="" width={aspect * 120} height={120} />
      )}
      <div>
        <label htmlFor={id}>Upload a picture</label>
        <br />
        <input
          id={id}
          type="file"
          accept="image/jpeg,image/png,image/webp"
          onChange={({ target }) => void open(target.files?.[0])}
        />
      </div>
      {problem && <p role="alert">{problem}</p>}
      <Refusals refusals={refusals} />
      {bitmap && (
        <>
          <ReactCrop
            {...(crop && { crop })}
            aspect={aspect}
            keepSelection
            minWidth={40}
            ruleOfThirds
            onChange={(_, percent) => setCrop(percent)}
          >
            <canvas
              ref={canvas}
              className={styles.toCrop}
              width={bitmap.width}
              height={bitmap.height}
              aria-label="The picture to crop"
              role="img"
            />
          </ReactCrop>
          <p className={`${ui.soft} ${ui.small}`}>
            Move the frame, or its corners with the arrow keys. The storefront shows the picture in this shape.
          </p>
          <div className={ui.row}>
            <Button busy={loading} onClick={() => void send()}>
              Use this part
            </Button>
          </div>
        </>
      )}
      <TextField
        label="Address of the picture"
        name={name}
        required={required}
        value={address}
        onChange={({ target }) => choose(target.value)}
        help={help}
      />
    </fieldset>
  );
}
