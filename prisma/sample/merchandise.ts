import type { SampleMerchandise } from "./sample-reward.ts";

const wattlewire = { brand: "Wattlewire", category: "Electronics" };
const emberwold = { brand: "Emberwold", category: "Home" };
const pacefield = { brand: "Pacefield", category: "Sport & Outdoors" };
const cairnKettle = { brand: "Cairn & Kettle", category: "Sport & Outdoors" };

export const merchandise: readonly SampleMerchandise[] = [
  {
    ...wattlewire,
    sku: "WATTLEWIRE-HEADPHONES",
    name: "Wattlewire Over-Ear Headphones",
    description:
      "Wireless headphones with noise cancelling and up to 30 hours of battery. They fold flat, and a cable is in the box for flights.",
    points: 3200,
    terms:
      "Two-year manufacturer's warranty, starting on delivery. Unopened boxes can be returned within 14 days. Ear cushions are wear parts.",
    howToUse:
      "Delivered in 3 to 5 working days, signature needed. Charge for two hours, then hold the power button to pair.",
    stock: 64,
    popularity: 4613,
    listedDaysAgo: 4,
  },
  {
    brand: "Fernwick",
    category: "Home",
    sku: "FERNWICK-HOUSE-PLANT",
    name: "Fernwick House Plant in a Clay Pot",
    description: "A rubber plant about 40 cm tall, potted and ready for a bright corner. Forgives a missed watering.",
    points: 700,
    terms:
      "Plants are living things: leaf size and colour vary. If it arrives damaged, send a photo within three days and Fernwick replaces it. Not shipped during frost or heat warnings.",
    howToUse:
      "Delivered in 5 to 7 working days in an upright box. Unpack it at once, water lightly and keep it out of direct noon sun.",
    stock: 120,
    popularity: 4122,
    listedDaysAgo: 45,
  },
  {
    ...cairnKettle,
    sku: "CAIRN-KETTLE-FLASK",
    name: "Cairn & Kettle Insulated Flask, 750 ml",
    description: "Stainless steel, double-walled: hot for 12 hours, cold for 24. The carry loop fits a gloved hand.",
    points: 620,
    terms: "Five-year warranty on the vacuum seal. Dents and scratches from use are not covered. Colour as pictured.",
    howToUse: "Delivered in 3 to 5 working days. Rinse before first use; the lid is for hand washing only.",
    popularity: 3638,
    listedDaysAgo: 81,
  },
  {
    brand: "Leafwright",
    category: "Coffee & Tea",
    sku: "LEAFWRIGHT-TEAPOT",
    name: "Leafwright Stoneware Teapot",
    description:
      "A 900 ml teapot with a steel infuser and one cup, glazed by hand. Only a few are left of this firing.",
    points: 1100,
    terms:
      "Every piece is glazed by hand, so small marks are part of it. Breakage in transit is replaced while the firing lasts, otherwise your points are returned.",
    howToUse: "Delivered in 5 to 7 working days. Safe in the dishwasher; warm the pot before pouring boiling water.",
    stock: 3,
    popularity: 3261,
    listedDaysAgo: 128,
  },
  {
    ...pacefield,
    sku: "PACEFIELD-SNEAKERS",
    name: "Pacefield Everyday Runners",
    description:
      "Light running shoes with a cushioned sole, for the road and for the rest of the day. EU sizes 36 to 47.",
    points: 3400,
    terms:
      "One free size exchange within 30 days, if worn indoors only. Six-month warranty on sole and seams. Colour as pictured.",
    howToUse: "Pacefield emails you to choose a size before sending. They arrive 4 to 6 working days after you answer.",
    stock: 85,
    popularity: 2942,
    listedDaysAgo: 16,
  },
  {
    ...wattlewire,
    sku: "WATTLEWIRE-INSTANT-CAMERA",
    name: "Wattlewire Instant Camera",
    description:
      "Prints a photo the size of a playing card in under a minute. Comes with a strap and 20 sheets of film.",
    points: 4800,
    terms:
      "Two-year manufacturer's warranty. Film is a consumable and cannot be returned once opened. The first batch is gone; more are expected.",
    howToUse: "Delivered in 3 to 5 working days. Charge it fully, then load the film with the arrow facing up.",
    stock: 0,
    popularity: 2608,
    listedDaysAgo: 73,
  },
  {
    brand: "Tumblewick",
    category: "Kids",
    sku: "TUMBLEWICK-TRAIN",
    name: "Tumblewick Wooden Train",
    description:
      "An engine and a wagon with loose shapes to stack and sort, in beech and water-based paint. From 18 months.",
    points: 1350,
    terms: "Tested for children from 18 months. Returns within 30 days in the original box. Tracks are not included.",
    howToUse: "Delivered in 4 to 6 working days, plastic-free. Nothing to assemble; wipe clean with a damp cloth.",
    stock: 90,
    popularity: 2312,
    listedDaysAgo: 109,
  },
  {
    ...emberwold,
    sku: "EMBERWOLD-LAMP",
    name: "Emberwold Dome Table Lamp",
    description: "A warm, dimmable lamp with a terracotta metal shade and a pull cord. The bulb is included.",
    points: 1900,
    terms:
      "Two-year warranty on the fitting and one year on the bulb. For indoor use. Returns within 14 days in the original packaging.",
    howToUse:
      "Delivered in 5 to 7 working days. Screw the shade on before plugging in; each pull changes the brightness.",
    stock: 58,
    popularity: 2064,
    listedDaysAgo: 30,
  },
  {
    brand: "Farwend",
    category: "Travel",
    sku: "FARWEND-CABIN-CASE",
    name: "Farwend Cabin Case",
    description: "A 38-litre hard-shell case sized for most cabins, with four quiet wheels and a combination lock.",
    points: 5500,
    terms:
      "Five-year warranty on shell, wheels and handle. Airlines set their own cabin limits: check yours before you fly. Damage by an airline is for the airline to settle.",
    howToUse:
      "Delivered in 5 to 7 working days. The lock is set to 000; the leaflet inside shows how to choose your own number.",
    stock: 36,
    popularity: 1657,
    listedDaysAgo: 162,
  },
  {
    brand: "Gloamlight",
    category: "Entertainment",
    sku: "GLOAMLIGHT-CONTROLLER",
    name: "Gloamlight Wireless Controller",
    description:
      "A game controller for computer, phone and television, with up to 20 hours of battery and two extra buttons.",
    points: 2400,
    terms:
      "One-year warranty, which also covers stick drift. Works with any system that accepts a standard wireless gamepad. Games are sold separately.",
    howToUse:
      "Delivered in 3 to 5 working days. Hold the centre button for three seconds to pair; update it in the Gloamlight app.",
    stock: 72,
    popularity: 1493,
    listedDaysAgo: 6,
  },
  {
    brand: "Limber Lane",
    category: "Wellness",
    sku: "LIMBER-LANE-YOGA-SET",
    name: "Limber Lane Yoga Set",
    description: "A 5 mm natural rubber mat with a foam block and two carry straps. Grips well, also on tiles.",
    points: 950,
    terms:
      "Contains natural rubber latex. Can be returned unused within 30 days. A slight smell on unpacking fades within a few days.",
    howToUse:
      "Delivered in 4 to 6 working days. Unroll it overnight before the first practice, and wipe with water only.",
    stock: 110,
    popularity: 1277,
    listedDaysAgo: 59,
  },
  {
    ...emberwold,
    sku: "EMBERWOLD-CASSEROLE",
    name: "Emberwold Cast-Iron Casserole, 4.5 l",
    description:
      "An enamelled pot for stews, bread and Sunday lunch. Goes on every hob, induction included, and into the oven.",
    points: 2900,
    terms:
      "Ten-year warranty on the casting and two on the enamel. Chips from knocks are not covered. It weighs 5.2 kg.",
    howToUse: "Delivered in 5 to 7 working days. Heat it slowly, use wooden spoons, and let it cool before washing.",
    stock: 42,
    popularity: 1046,
    listedDaysAgo: 13,
  },
  {
    ...wattlewire,
    sku: "WATTLEWIRE-SPEAKER",
    name: "Wattlewire Portable Speaker",
    description:
      "A splash-proof speaker with a carry handle and up to 18 hours of play. Two of them make a stereo pair.",
    points: 1750,
    terms:
      "Two-year manufacturer's warranty. Splash-proof means rain, not swimming. Unopened boxes can be returned within 14 days.",
    howToUse:
      "Delivered in 3 to 5 working days. Press the line on the front to pair it; a charging cable is in the box.",
    stock: 77,
    popularity: 917,
    listedDaysAgo: 198,
  },
  {
    brand: "Threadmoor",
    category: "Fashion",
    sku: "THREADMOOR-TOTE",
    name: "Threadmoor Canvas Tote",
    description: "Heavy organic cotton with long handles and an inside pocket. Holds a laptop and the groceries.",
    points: 380,
    terms: "Returns within 30 days, unwashed. Natural cotton may shrink by up to three per cent. Made in small runs.",
    howToUse: "Delivered in 4 to 6 working days. Wash cold, inside out, and dry on the line.",
    popularity: 806,
    listedDaysAgo: 276,
  },
  {
    brand: "Pagewren",
    category: "Entertainment",
    sku: "PAGEWREN-NOTEBOOK-SET",
    name: "Pagewren Notebook and Pen",
    description: "A dotted A5 notebook that lies flat, with a ribbon and a refillable pen.",
    points: 280,
    terms: "192 pages of recycled paper, suitable for fountain pens. Returns within 30 days if unused.",
    howToUse:
      "Delivered by letter post in 5 to 8 working days, no signature needed. The pen takes any standard ballpoint refill.",
    stock: 150,
    popularity: 692,
    listedDaysAgo: 232,
  },
  {
    ...pacefield,
    sku: "PACEFIELD-RUNNING-WATCH",
    name: "Pacefield Running Watch",
    description: "GPS, heart rate and a screen that is easy to read in the sun. Up to nine days between charges.",
    points: 6900,
    terms: "Two-year manufacturer's warranty. Not a medical device. Works with phones up to six years old.",
    howToUse:
      "Delivered in 3 to 5 working days, signature needed. Charge fully, then scan the code on its screen to pair.",
    stock: 28,
    popularity: 582,
    listedDaysAgo: 88,
  },
  {
    brand: "Brewhaus",
    category: "Coffee & Tea",
    sku: "BREWHAUS-TRAVEL-CUP",
    name: "Brewhaus Travel Cup, 350 ml",
    description:
      "A reusable cup with a heat sleeve and a lid that closes. Bring it along and Brewhaus takes ₹10 off your drink.",
    points: 450,
    terms:
      "One-year warranty on the lid. The refill discount applies at Brewhaus counters, once per drink. Not for microwaves.",
    howToUse: "Delivered in 3 to 5 working days. Take it apart for the dishwasher; the sleeve goes on the top rack.",
    popularity: 487,
    listedDaysAgo: 171,
  },
  {
    ...cairnKettle,
    sku: "CAIRN-KETTLE-TENT",
    name: "Cairn & Kettle Three-Person Tent",
    description: "A three-season tent with a covered porch, 3.4 kg in its bag. One person can pitch it in ten minutes.",
    points: 8800,
    terms:
      "Three-year warranty on poles and seams. Returns within 30 days if never pitched outdoors. Footprint sold separately.",
    howToUse:
      "Delivered in 6 to 9 working days. Pitch it once at home to check that everything is there, and always store it dry.",
    stock: 19,
    popularity: 247,
    listedDaysAgo: 143,
  },
  {
    brand: "Spoke & Sparrow",
    category: "Sport & Outdoors",
    sku: "SPOKE-SPARROW-CITY-BIKE",
    name: "Spoke & Sparrow City Bike",
    description:
      "A seven-speed step-through bicycle with mudguards, lights and a front basket. One size, for riders of 155 to 185 cm.",
    points: 20000,
    terms:
      "Ten-year warranty on the frame and two years on parts. The first service, within 90 days, is free. Lock and helmet are not included.",
    howToUse:
      "Spoke & Sparrow calls to agree a delivery day within three weeks. It comes assembled; the courier sets the saddle height with you.",
    stock: 8,
    popularity: 41,
    listedDaysAgo: 35,
  },
];
