import type { SampleVoucher } from "./sample-reward.ts";

const brewhaus = { brand: "Brewhaus", category: "Coffee & Tea", redemptionUrl: "https://brewhaus.example/redeem" };
const brewhausCard = {
  ...brewhaus,
  terms:
    "Accepted at every Brewhaus counter and in the Brewhaus app. Cannot be exchanged for cash or used to buy another gift card. An unused balance stays on the card until its last day.",
  howToUse:
    "Show the code at the till, or add it under Wallet in the Brewhaus app. You can spend it in as many visits as you like.",
};

const marigoldSpoon = {
  brand: "Marigold Spoon",
  category: "Dining",
  redemptionUrl: "https://marigold-spoon.example/redeem",
};

const tramontello = {
  brand: "Tramontello",
  category: "Dining",
  redemptionUrl: "https://tramontello.example/redeem",
  terms:
    "For dine-in, takeaway and delivery ordered from Tramontello directly. One card per bill, together with any menu offer. No change is given for an unspent rest.",
  howToUse:
    "Ordering online: enter the code at the last step, before you pay. In the restaurant: give it to your server when you ask for the bill.",
};

const fennelgate = {
  brand: "Fennelgate",
  category: "Groceries",
  redemptionUrl: "https://fennelgate.example/redeem",
  terms:
    "Valid in all Fennelgate markets and for online orders. Not for tobacco, alcohol or phone top-ups. Up to three cards can be combined in one purchase.",
  howToUse:
    "At a self-checkout choose Pay by gift card and type the code; staffed tills scan it from your screen. Online, add it to your basket under Gift cards.",
};

const threadmoor = {
  brand: "Threadmoor",
  category: "Fashion",
  redemptionUrl: "https://threadmoor.example/redeem",
  terms:
    "Redeemable in Threadmoor shops and online, on full-price and reduced items. Returned items are refunded to a new card of the same value. Alterations are not included.",
  howToUse:
    "Online, paste the code into the gift card field at checkout. In a shop, show it before the sale is rung up.",
};

const farwend = { brand: "Farwend", category: "Travel", redemptionUrl: "https://farwend.example/redeem" };
const larkline = { brand: "Larkline", category: "Travel", redemptionUrl: "https://larkline.example/redeem" };
const stillmoss = { brand: "Stillmoss", category: "Wellness", redemptionUrl: "https://stillmoss.example/redeem" };

const palladrome = {
  brand: "Palladrome",
  category: "Entertainment",
  redemptionUrl: "https://palladrome.example/redeem",
};
const palladromeHowToUse =
  "Choose a film and seats on the Palladrome site, pick Voucher as the way to pay and enter the code. Your tickets arrive by email.";

const gloamlight = {
  brand: "Gloamlight",
  category: "Entertainment",
  redemptionUrl: "https://gloamlight.example/redeem",
  terms:
    "Adds credit to one Gloamlight account, for games, expansions and in-game items. Credit does not expire once added. It cannot be moved to another account or paid out.",
  howToUse: "Sign in to Gloamlight, open Wallet, choose Redeem code and type it in. The credit is there at once.",
};

const pagewren = {
  brand: "Pagewren",
  category: "Entertainment",
  redemptionUrl: "https://pagewren.example/redeem",
  terms:
    "For books, e-books and audiobooks at Pagewren, including pre-orders. Not for subscriptions or school textbooks. Any rest stays on the card.",
  howToUse:
    "Add the code to your Pagewren account before you check out, or let the bookseller scan it from your screen.",
};

const wattlewire = {
  brand: "Wattlewire",
  category: "Electronics",
  redemptionUrl: "https://wattlewire.example/redeem",
  terms:
    "For anything sold by Wattlewire itself; partner sellers on its site are excluded. Cannot pay for extended warranties or repairs. Up to five cards can be combined in one order.",
  howToUse:
    "At checkout choose Gift card and enter the code. What it does not cover can be paid with any other method.",
};

export const vouchers: readonly SampleVoucher[] = [
  {
    ...brewhausCard,
    sku: "BREWHAUS-250",
    name: "Brewhaus Gift Card ₹250",
    description: "A coffee and something from the bakery counter. Works in every Brewhaus and in the app.",
    points: 250,
    voucherCodes: 200,
    popularity: 4868,
    listedDaysAgo: 212,
  },
  {
    ...palladrome,
    sku: "PALLADROME-PAIR",
    name: "Palladrome Cinema for Two",
    description: "Two standard seats for any film on any day, with a large popcorn to share.",
    points: 650,
    terms:
      "Valid for two standard 2D seats at the same showing, at any Palladrome. Premium seats and 3D can be had for the difference. Bookings cannot be moved less than two hours before the film.",
    howToUse: `${palladromeHowToUse} Show the email at the counter for your popcorn.`,
    voucherCodes: 160,
    popularity: 4391,
    listedDaysAgo: 97,
  },
  {
    ...marigoldSpoon,
    sku: "MARIGOLD-SPOON-TASTING",
    name: "Marigold Spoon Tasting Menu for Two",
    description:
      "Seven small courses from the season's kitchen, with a welcome drink each. A vegetarian menu is always available.",
    points: 2800,
    terms:
      "For two guests at one table, Tuesday to Thursday evenings. Drinks beyond the welcome drink are paid at the restaurant. A booking cancelled on the day uses up the voucher.",
    howToUse:
      "Book a table online at least three days ahead and enter the code with your booking. Tell the kitchen about allergies in the same form.",
    voucherCodes: 48,
    limitPerCustomer: 2,
    popularity: 3894,
    listedDaysAgo: 9,
  },
  {
    ...gloamlight,
    sku: "GLOAMLIGHT-500",
    name: "Gloamlight Game Credit ₹500",
    description: "Credit for the Gloamlight games store, enough for most independent titles.",
    points: 500,
    voucherCodes: 180,
    popularity: 3477,
    listedDaysAgo: 154,
  },
  {
    ...fennelgate,
    sku: "FENNELGATE-500",
    name: "Fennelgate Gift Card ₹500",
    description: "Takes ₹500 off the weekly shop, in the market or delivered to your door.",
    points: 500,
    voucherCodes: 200,
    popularity: 3102,
    listedDaysAgo: 301,
  },
  {
    ...stillmoss,
    sku: "STILLMOSS-SPA-DAY",
    name: "Stillmoss Spa Day",
    description: "A full day in the baths and saunas, with a 45-minute massage. Towels, robe and herbal tea included.",
    points: 2600,
    terms:
      "For one person aged 16 or over, Monday to Friday except public holidays. The massage can be swapped for a facial of the same length. Rebooking is free up to 48 hours before.",
    howToUse:
      "Choose a day on the Stillmoss site and enter the code instead of a payment card. Arrive 20 minutes early and give your name at reception.",
    voucherCodes: 60,
    popularity: 2787,
    listedDaysAgo: 38,
  },
  {
    ...brewhausCard,
    sku: "BREWHAUS-500",
    name: "Brewhaus Gift Card ₹500",
    description: "Covers a week of morning coffees, or beans to take home.",
    points: 500,
    voucherCodes: 150,
    popularity: 2483,
    listedDaysAgo: 213,
  },
  {
    ...larkline,
    sku: "LARKLINE-DAY-PASS",
    name: "Larkline Day Pass",
    description: "One day of unlimited travel on every Larkline train, from the first departure to the last.",
    points: 800,
    terms:
      "Valid on one calendar day of your choice, in standard class. Seat reservations on express trains are extra. Once activated it cannot be refunded.",
    howToUse:
      "Enter the code in the Larkline app to get the pass, then activate it on the day you travel. Show it to the conductor with a photo ID.",
    voucherCodes: 120,
    popularity: 2206,
    listedDaysAgo: 66,
  },
  {
    ...brewhaus,
    sku: "BREWHAUS-ESPRESSO",
    name: "Brewhaus Espresso on the House",
    description: "One single espresso, to get to know Brewhaus. One per customer.",
    points: 50,
    terms:
      "Good for one single espresso, hot or over ice. One per customer. Other drinks and extra shots are not covered.",
    howToUse: "Order at the counter and show the code before you pay.",
    voucherCodes: 140,
    limitPerCustomer: 1,
    popularity: 1986,
    listedDaysAgo: 21,
  },
  {
    ...threadmoor,
    sku: "THREADMOOR-500",
    name: "Threadmoor Gift Card ₹500",
    description: "Toward knitwear, shirts and linen from Threadmoor's small workshops.",
    points: 500,
    voucherCodes: 110,
    popularity: 1873,
    listedDaysAgo: 267,
  },
  {
    ...tramontello,
    sku: "TRAMONTELLO-400",
    name: "Tramontello Pizza Card ₹400",
    description: "Pays for a wood-fired pizza and a drink, at the table or at home.",
    points: 400,
    voucherCodes: 130,
    popularity: 1792,
    listedDaysAgo: 119,
  },
  {
    ...pagewren,
    sku: "PAGEWREN-300",
    name: "Pagewren Book Card ₹300",
    description: "Enough for a paperback, an e-book or an audiobook of your choice.",
    points: 300,
    voucherCodes: 100,
    popularity: 1581,
    listedDaysAgo: 188,
  },
  {
    ...brewhausCard,
    sku: "BREWHAUS-100",
    name: "Brewhaus Gift Card ₹100",
    description: "A small treat: any filter coffee or tea.",
    points: 100,
    voucherCodes: 200,
    popularity: 1437,
    listedDaysAgo: 211,
  },
  {
    ...palladrome,
    sku: "PALLADROME-SEAT",
    name: "Palladrome Cinema Ticket",
    description: "One standard seat for any film on any day.",
    points: 350,
    terms:
      "Valid for one standard 2D seat at any Palladrome. Premium seats and 3D can be had for the difference. Festivals and live broadcasts are excluded.",
    howToUse: palladromeHowToUse,
    voucherCodes: 160,
    popularity: 1362,
    listedDaysAgo: 96,
  },
  {
    brand: "Leafwright",
    category: "Coffee & Tea",
    redemptionUrl: "https://leafwright.example/redeem",
    sku: "LEAFWRIGHT-150",
    name: "Leafwright Tea Card ₹150",
    description: "For loose-leaf teas from small estates. A popular card: new codes come in every few weeks.",
    points: 150,
    terms:
      "For teas and accessories at leafwright.example only. Subscriptions and tasting evenings are excluded. Delivery is charged as usual.",
    howToUse: "Fill your basket, open Have a tea card? and enter the code before choosing how to pay.",
    voucherCodes: 0,
    popularity: 1194,
    listedDaysAgo: 246,
  },
  {
    ...fennelgate,
    sku: "FENNELGATE-250",
    name: "Fennelgate Gift Card ₹250",
    description: "For fruit, vegetables and everyday basics at your nearest Fennelgate.",
    points: 250,
    voucherCodes: 190,
    popularity: 1121,
    listedDaysAgo: 302,
  },
  {
    ...marigoldSpoon,
    sku: "MARIGOLD-SPOON-500",
    name: "Marigold Spoon Dining Card ₹500",
    description: "Toward lunch or dinner at any Marigold Spoon, from the full menu.",
    points: 500,
    terms:
      "Accepted for food and drinks at every Marigold Spoon. Two cards at most per table. Service charge is calculated before the card is taken off.",
    howToUse: "Tell your server that you have a dining card when you sit down, and show the code with the bill.",
    voucherCodes: 90,
    popularity: 983,
    listedDaysAgo: 175,
  },
  {
    brand: "Tumblewick",
    category: "Kids",
    redemptionUrl: "https://tumblewick.example/redeem",
    sku: "TUMBLEWICK-300",
    name: "Tumblewick Toy Card ₹300",
    description: "For wooden toys, puzzles and craft boxes, sorted by age on the Tumblewick site.",
    points: 300,
    terms:
      "Valid online and in the three Tumblewick shops. Not for birthday parties or workshops. Items bought with it can be exchanged within 30 days.",
    howToUse: "Enter the code under Toy card in your basket. In a shop, the cashier types it in for you.",
    voucherCodes: 85,
    popularity: 862,
    listedDaysAgo: 140,
  },
  {
    ...stillmoss,
    sku: "STILLMOSS-500",
    name: "Stillmoss Gift Card ₹500",
    description: "Toward a bath, a class or a treatment. Combine several for a longer stay.",
    points: 500,
    terms:
      "For treatments, classes and day tickets booked with Stillmoss directly. Cannot pay for products from the shop. Cards can be combined without limit.",
    howToUse: "Enter the code when you book online, or read it out when you book by phone.",
    voucherCodes: 75,
    popularity: 741,
    listedDaysAgo: 224,
  },
  {
    ...wattlewire,
    sku: "WATTLEWIRE-1000",
    name: "Wattlewire Gift Card ₹1,000",
    description: "For cables, chargers and small gadgets, or a good part of something bigger.",
    points: 1000,
    voucherCodes: 95,
    popularity: 637,
    listedDaysAgo: 333,
  },
  {
    ...tramontello,
    sku: "TRAMONTELLO-200",
    name: "Tramontello Pizza Card ₹200",
    description: "A margherita for one, or a good start on a larger order. The last codes of this batch.",
    points: 200,
    voucherCodes: 2,
    popularity: 531,
    listedDaysAgo: 118,
  },
  {
    ...brewhausCard,
    sku: "BREWHAUS-1000",
    name: "Brewhaus Gift Card ₹1,000",
    description: "A generous gift for someone who starts every day with coffee.",
    points: 1000,
    voucherCodes: 80,
    popularity: 442,
    listedDaysAgo: 214,
  },
  {
    ...farwend,
    sku: "FARWEND-2000",
    name: "Farwend Stay Card ₹2,000",
    description: "Toward any room at a Farwend guesthouse, by the sea or in the hills.",
    points: 2000,
    terms:
      "For rooms booked with Farwend directly; other booking sites do not accept it. Three cards at most per stay. Local taxes are paid at the house.",
    howToUse:
      "Choose your dates on the Farwend site and enter the code under Stay card. It is taken off the first night.",
    voucherCodes: 55,
    popularity: 386,
    listedDaysAgo: 404,
  },
  {
    ...fennelgate,
    sku: "FENNELGATE-1000",
    name: "Fennelgate Gift Card ₹1,000",
    description: "For a full basket, in the market or delivered.",
    points: 1000,
    voucherCodes: 120,
    popularity: 332,
    listedDaysAgo: 303,
  },
  {
    ...gloamlight,
    sku: "GLOAMLIGHT-100",
    name: "Gloamlight Game Credit ₹100",
    description: "A little credit for the Gloamlight games store, for an expansion or an extra.",
    points: 100,
    voucherCodes: 175,
    popularity: 291,
    listedDaysAgo: 153,
  },
  {
    ...threadmoor,
    sku: "THREADMOOR-1500",
    name: "Threadmoor Gift Card ₹1,500",
    description: "Covers a linen shirt or most of a winter jumper.",
    points: 1500,
    voucherCodes: 60,
    popularity: 203,
    listedDaysAgo: 268,
  },
  {
    ...pagewren,
    sku: "PAGEWREN-150",
    name: "Pagewren Book Card ₹150",
    description: "A pocket classic or a picture book, and a nice thing to pass on.",
    points: 150,
    voucherCodes: 105,
    popularity: 157,
    listedDaysAgo: 187,
  },
  {
    ...farwend,
    sku: "FARWEND-NIGHT",
    name: "Farwend Night for Two",
    description: "One night in a double room at a Farwend guesthouse of your choice, with breakfast for two.",
    points: 7500,
    terms:
      "Sunday to Thursday nights, subject to availability; school holidays are excluded. One voucher is one night and one room. Can be cancelled free of charge until seven days before arrival.",
    howToUse:
      "Pick a house and a date on the Farwend site and enter the code instead of a payment card. Bring the booking email and a photo ID to check in.",
    voucherCodes: 40,
    popularity: 112,
    listedDaysAgo: 52,
  },
  {
    ...wattlewire,
    sku: "WATTLEWIRE-3000",
    name: "Wattlewire Gift Card ₹3,000",
    description: "For headphones, a keyboard or a good part of a new phone.",
    points: 3000,
    voucherCodes: 45,
    popularity: 76,
    listedDaysAgo: 334,
  },
  {
    ...larkline,
    sku: "LARKLINE-WINTER-PASS",
    name: "Larkline Winter Pass 2025",
    description: "Ten travel days between January and March 2025, on every Larkline train.",
    points: 1800,
    terms:
      "Ten travel days of your choice from 1 January to 31 March 2025, in standard class. The pass is personal. Unused days lapse when the season ends.",
    howToUse:
      "Enter the code in the Larkline app and add your name to the pass. Activate a day before you board the first train.",
    validFrom: "2025-01-01T00:00:00Z",
    validUntil: "2025-04-01T00:00:00Z",
    voucherCodes: 64,
    popularity: 63,
    listedDaysAgo: 708,
  },
  {
    ...palladrome,
    sku: "PALLADROME-CENTENARY",
    name: "Palladrome Centenary Gala",
    description:
      "A seat at the hundredth birthday of the first Palladrome, with the film that opened it. Can be redeemed from 1 January 2099.",
    points: 5000,
    terms:
      "One seat at the gala in the original house; the date is announced in 2099. Evening dress is welcome and not required. The seat may be given to someone else.",
    howToUse: "Enter the code on the Palladrome site once the date is announced, and choose your seat.",
    validFrom: "2099-01-01T00:00:00Z",
    voucherCodes: 100,
    popularity: 0,
    listedDaysAgo: 2,
  },
];
