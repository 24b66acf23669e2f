import { isRecord, readBoolean, readCode, readText } from "./wire/loose.ts";

/** An answer's own verdict. The HTTP status does not matter: a refusal comes with 200 or with 400. */
export interface Verdict {
  isSuccess: boolean;
  code: string | null;
  /** Codes passed on from a partner system. */
  partnerCodes: string[];
  message: string;
  /** The raw payload. */
  payload: unknown;
}

/** Finds the verdict in an answer; null if the body is not an answer of this API. */
export type Envelope = (body: unknown, httpStatus: number) => Verdict | null;

/** `{"status":{"success":…,"code":…,"message":…,"partnerError":…}, …payload}`. */
export const rewardsEnvelope: Envelope = (body) => {
  if (!isRecord(body)) return null;
  const verdict = readStatus(body["status"]);
  return verdict && { ...verdict, payload: body };
};

/**
 * The bare payload, unless `errors` is filled. Warnings have the same shape and accompany success. Only this envelope
 * regards the HTTP status: a bare object with 404 comes from a gateway in between and is no payload.
 */
export const v2Envelope: Envelope = (body, httpStatus) => {
  if (!isRecord(body) && !Array.isArray(body)) return null;
  const errors = isRecord(body) && Array.isArray(body["errors"]) ? body["errors"].filter(isRecord) : [];
  const isSuccess = errors.length === 0 && !(isRecord(body) && readBoolean(body["success"]) === false);
  if (isSuccess && httpStatus >= 400) return null;
  const [code = null, ...partnerCodes] = errors.flatMap((error) => readCode(error["code"]) ?? []);
  return {
    isSuccess,
    code,
    partnerCodes,
    message: errors.map((error) => readText(error["message"])).join("; "),
    payload: body,
  };
};

/**
 * `{"response":{"status":{…},…{…payload,"item_status":{…}}}}` with one item. The item's status decides: the outer one
 * may report success for a failed item, or failure without a reason.
 */
export const v1Envelope: Envelope = (body) => {
  const response = isRecord(body) ? body["response"] : undefined;
  if (!isRecord(response)) return null;
  const item = findItem(response);
  const verdict = readStatus(item?.["item_status"]) ?? readStatus(response["status"]);
  return verdict && { ...verdict, payload: item ?? response };
};

/** The same for answers with many items: the outer status counts only without items. */
export const v1ManyEnvelope: Envelope = (body) => {
  const response = isRecord(body) ? body["response"] : undefined;
  if (!isRecord(response)) return null;
  const verdict = readStatus(response["status"]);
  return verdict && { ...verdict, isSuccess: verdict.isSuccess || findItem(response) !== null, payload: response };
};

export function readStatus(status: unknown): Omit<Verdict, "payload"> | null {
  const only = Array.isArray(status) && status.length === 1 ? status[0] : status;
  if (!isRecord(only)) return null;
  const isSuccess = readBoolean(only["success"]);
  if (isSuccess === null) return null;
  const partner = isRecord(only["partnerError"]) ? only["partnerError"] : {};
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);
  return {
    isSuccess,
    code: readCode(only["code"]),
    partnerCodes: list(partner["codes"]).flatMap((code) => readCode(code) ?? []),
    message: [only["message"], ...list(partner["messages"])].map(readText).filter(Boolean).join("; "),
  };
}

/** The first object with an `item_status`, at any depth: older versions of an answer nest it deeper. */
function findItem(value: unknown): Record<string, unknown> | null {
  if (Array.isArray(value)) return firstOf(value);
  if (!isRecord(value)) return null;
  return "item_status" in value ? value : firstOf(Object.values(value));
}
function firstOf(values: unknown[]): Record<string, unknown> | null {
  for (const value of values) {
    const found = findItem(value);
    if (found) return found;
  }
  return null;
}
