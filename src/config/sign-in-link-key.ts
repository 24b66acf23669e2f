import { createPublicKey, type KeyObject } from "node:crypto";

/**
 * The verification key of the brand's sign-in links, with its permitted algorithms: a token's header does not choose.
 */
export type HandOffKey = { readonly algorithms: string[] } & (
  | { readonly kind: "given"; readonly key: Uint8Array | KeyObject }
  | { readonly kind: "jwks"; readonly url: URL }
);

const MIN_SECRET_BYTES = 32;
const MIN_RSA_BITS = 2_048;
const asymmetric = ["RS256", "PS256", "ES256", "EdDSA"];

/**
 * Reads a public key in PEM, the URL of a JWKS, or else a shared secret. @throws Error with the problem, without the
 * key
 */
export function readSignInLinkKey(text: string): HandOffKey {
  if (/^https?:\/\//.test(text)) {
    const url = URL.parse(text);
    if (!url) throw new Error("expected a URL such as https://login.example.com/jwks.json");
    return { kind: "jwks", url, algorithms: asymmetric };
  }
  if (text.includes("-----BEGIN")) return readPem(text.replaceAll("\\n", "\n")); // in the one-line form of an .env file
  const key = new TextEncoder().encode(text);
  if (key.length < MIN_SECRET_BYTES) {
    throw new Error(
      `expected a secret of at least ${MIN_SECRET_BYTES} characters, a public key in PEM, or the URL of a JWKS`,
    );
  }
  return { kind: "given", key, algorithms: ["HS256"] };
}

function readPem(pem: string): HandOffKey {
  if (pem.includes("PRIVATE KEY")) throw new Error("expected the public key; the private key stays with the signer");
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new Error("expected a public key in PEM, which this is not");
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === "rsa" && (details?.modulusLength ?? 0) >= MIN_RSA_BITS) {
    return { kind: "given", key, algorithms: ["RS256", "PS256"] };
  }
  if (type === "ec" && details?.namedCurve === "prime256v1") return { kind: "given", key, algorithms: ["ES256"] };
  if (type === "ed25519") return { kind: "given", key, algorithms: ["EdDSA"] };
  throw new Error(`expected a public key of RSA with at least ${MIN_RSA_BITS} bits, of P-256 or of Ed25519`);
}
