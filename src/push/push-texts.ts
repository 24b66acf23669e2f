export const pushKinds = [
  "ORDER_COMPLETE",
  "ORDER_PARTLY_COMPLETE",
  "ORDER_FAILED",
  "ORDER_SHIPPED",
  "POINTS_RETURNED",
  "POINTS_CREDITED",
] as const;
export type PushKind = (typeof pushKinds)[number];

/** Written by the trigger `member_events_to_push`: the order's number and global id, or the points of an award. */
export interface PushFacts {
  orderNumber?: string;
  orderId?: string;
  points?: number;
}

export interface PushText {
  title: string;
  body: string;
}

interface Texts extends Record<Exclude<PushKind, "POINTS_CREDITED">, (order: string) => PushText> {
  POINTS_CREDITED(points: number): PushText;
}

/** The texts by language. They hold no voucher code and no address. */
export const pushTexts: Record<string, Texts> = {
  en: {
    ORDER_COMPLETE: (order) => ({ title: "Your order is complete", body: `Order ${order}` }),
    ORDER_PARTLY_COMPLETE: (order) => ({
      title: "Part of your order is complete",
      body: `Order ${order}: the points for the rest are returned.`,
    }),
    ORDER_FAILED: (order) => ({
      title: "Your order was unsuccessful",
      body: `Order ${order}: points that were deducted are returned.`,
    }),
    ORDER_SHIPPED: (order) => ({ title: "Your parcel is on its way", body: `Order ${order}` }),
    POINTS_RETURNED: (order) => ({ title: "Your points are back", body: `Order ${order}` }),
    POINTS_CREDITED: (points) => ({
      title: points === 1 ? "1 point added" : `${points.toLocaleString("en")} points added`,
      body: "They're in your wallet now.",
    }),
  },
  hi: {
    ORDER_COMPLETE: (order) => ({ title: "आपका ऑर्डर पूरा हो गया है", body: `ऑर्डर ${order}` }),
    ORDER_PARTLY_COMPLETE: (order) => ({
      title: "आपके ऑर्डर का एक हिस्सा पूरा हो गया है",
      body: `ऑर्डर ${order}: बाकी के पॉइंट लौटाए जाते हैं।`,
    }),
    ORDER_FAILED: (order) => ({
      title: "आपका ऑर्डर पूरा नहीं हो सका",
      body: `ऑर्डर ${order}: काटे गए पॉइंट लौटाए जाते हैं।`,
    }),
    ORDER_SHIPPED: (order) => ({ title: "आपका पार्सल रास्ते में है", body: `ऑर्डर ${order}` }),
    POINTS_RETURNED: (order) => ({ title: "आपके पॉइंट वापस आ गए हैं", body: `ऑर्डर ${order}` }),
    POINTS_CREDITED: (points) => ({
      title: `${points.toLocaleString("hi")} पॉइंट जोड़े गए`,
      body: "ये अब आपके वॉलेट में हैं।",
    }),
  },
  id: {
    ORDER_COMPLETE: (order) => ({ title: "Pesanan Anda selesai", body: `Pesanan ${order}` }),
    ORDER_PARTLY_COMPLETE: (order) => ({
      title: "Sebagian pesanan Anda selesai",
      body: `Pesanan ${order}: poin untuk sisanya dikembalikan.`,
    }),
    ORDER_FAILED: (order) => ({
      title: "Pesanan Anda tidak berhasil",
      body: `Pesanan ${order}: poin yang sudah dipotong dikembalikan.`,
    }),
    ORDER_SHIPPED: (order) => ({ title: "Paket Anda sedang dikirim", body: `Pesanan ${order}` }),
    POINTS_RETURNED: (order) => ({ title: "Poin Anda sudah kembali", body: `Pesanan ${order}` }),
    POINTS_CREDITED: (points) => ({
      title: `${points.toLocaleString("id")} poin ditambahkan`,
      body: "Poin itu sudah ada di dompet Anda.",
    }),
  },
};

export const FALLBACK_LANGUAGE = "en";

/** The message that the browser shows, as JSON. `url` is a path of the microsite; messages with the same `tag` replace each other. */
export function pushBody(kind: PushKind, subject: string, facts: PushFacts, language: string): string {
  const texts = pushTexts[language] ?? (pushTexts[FALLBACK_LANGUAGE] as Texts);
  const { orderNumber = "", orderId = "", points = 0 } = facts;
  const text = kind === "POINTS_CREDITED" ? texts.POINTS_CREDITED(points) : texts[kind](orderNumber);
  const url = kind === "POINTS_CREDITED" ? "/activity" : `/orders/${encodeURIComponent(orderId)}`;
  return JSON.stringify({ ...text, url, tag: subject, language });
}
