/**
 * The pictures of the sample rewards, drawn without text: an object on a floor, in front of a circle of another colour.
 * Rewards added to the sandbox have a gift box in a colour of their own.
 */

interface Scene {
  /** Wall, circle and floor. */
  colours: readonly [string, string, string];
  /** The object, in a square of 400 around the middle of its floor line: x from -200 to 200, y from -400 up to 0. */
  thing: string;
}

const ring = (x: number, y: number, r: number, fill: string) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${fill}"/>`;
const path = (fill: string, d: string) => `<path fill="${fill}" d="${d}"/>`;
const line = (stroke: string, width: number, d: string) =>
  `<path fill="none" stroke="${stroke}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round" d="${d}"/>`;

const cup = (x: number, body: string, drink: string) =>
  `<g transform="translate(${x})">${line(body, 20, "M68-150h14a34 34 0 0 1 0 68H62")}${path(body, "M-75-170H75v70a70 70 0 0 1-70 70h-10a70 70 0 0 1-70-70z")}${path(drink, "M-75-170H75v14H-75z")}${path(drink, "M-95-22H95a22 22 0 0 1-22 22H-73a22 22 0 0 1-22-22z")}${line("#fff", 9, "M-28-205q-14-16 0-32t0-32M22-205q-14-16 0-32t0-32")}</g>`;

const gift = `${path("#e0523d", "M-140-200H140V0H-140z")}${path("#c23d2b", "M40-200H140V0H40z")}${path("#f4b73f", "M-26-200H26V0H-26z")}${path("#ef6a53", "M-160-250H160v58H-160z")}${path("#f9cc6b", "M-26-250H26v58H-26z")}${line("#f4b73f", 22, "M0-252c-36-86-132-70-92-14 22 24 60 16 92 14 32 2 70 10 92-14 40-56-56-72-92 14")}`;

const scenes: Readonly<Record<number, Scene>> = {
  // Popcorn
  15465: {
    colours: ["#ffe1a8", "#f7b733", "#d98e1f"],
    thing: `${[-95, -50, 0, 50, 95].map((x, index) => ring(x, -255 - (index % 2) * 34, 46, "#fff4d6")).join("")}${[-70, -22, 28, 74].map((x, index) => ring(x, -236 - (index % 2) * 16, 38, "#ffe9b0")).join("")}${path("#fff", "M-130-225H130L96 0H-96z")}${path("#d63b34", "M-130-225h52L-60 0H-96zM-26-225H26L20 0H-20zM78-225h52L96 0H60z")}${path("#a82b27", "M-130-225H130l-3 18H-127z")}`,
  },
  // Coffee for two
  15470: {
    colours: ["#efe0cf", "#c98c5b", "#8d5b3a"],
    thing: `${cup(-105, "#3c5a6e", "#22333f")}${cup(105, "#d9583b", "#8e3423")}`,
  },
  // Bookshop card
  15471: {
    colours: ["#dbe7ee", "#8fb7cc", "#5d8399"],
    thing: `${path("#27406b", "M-170-70H150v70H-170a20 20 0 0 1 0-70z")}${path("#fbf6ea", "M-160-58H150v46H-160z")}${path("#d9583b", "M-130-140H170v70H-130z")}${path("#fbf6ea", "M-130-128H158v46H-130z")}${path("#e2a026", "M-170-210H120v70H-170a20 20 0 0 1 0-70z")}${path("#fbf6ea", "M-160-198H120v46H-160z")}${path("#3f8f70", "M-20-350l150-40 36 132-150 40z")}${line("#fbf6ea", 8, "M14-318l84-22M22-288l60-16")}`,
  },
  // Ten percent off the basket
  15472: {
    colours: ["#fbd9cf", "#ee8a6f", "#c65a42"],
    thing: `${path("#fff8f0", "M-150-250 10-390l150 20 20 150L40-80a30 30 0 0 1-42 0l-148-130a28 28 0 0 1 0-40z")}${path("#f3dccb", "M40-80 180-220l-6-44L10-104z")}${ring(112, -318, 22, "#c65a42")}${line("#27406b", 22, "M-64-176 56-250")}${ring(-44, -252, 28, "#27406b")}${ring(36, -172, 28, "#27406b")}${line("#27406b", 8, "M112-318q60-60 40-82")}`,
  },
  // Birthday cake
  15473: {
    colours: ["#e7def5", "#b79ae0", "#7d5fb0"],
    thing: `${path("#f6c7d3", "M-160-150H160V0H-160z")}${path("#fff4ee", "M-160-150H160v40q-27 36-54 0-26 36-53 0-27 36-53 0-27 36-53 0-27 36-53 0-27 36-54 0z")}${path("#e98ba4", "M-105-240H105v90H-105z")}${path("#fff4ee", "M-105-240H105v30q-26 30-52 0-27 30-53 0-26 30-53 0-26 30-52 0z")}${[-60, 0, 60].map((x) => `${path("#f4b73f", `M${x - 8}-310h16v70h-16z`)}${path("#e0523d", `M${x}-362q24 30 0 48-24-18 0-48z`)}`).join("")}${path("#5b4590", "M-185-14H185V0H-185z")}`,
  },
  // Air miles
  15474: {
    colours: ["#cfe6fb", "#7db9ee", "#4a83bd"],
    thing: `<g transform="translate(0-210)rotate(-24)">${path("#fff", "M-190-26H120q70 0 70 30t-70 30H-190z")}${path("#27406b", "M-60-10H60L-40 150H-90z")}${path("#3d5c93", "M-40-26H50L-50-130H-90z")}${path("#e0523d", "M-190-26h50l-44-80h-34z")}${[-80, -30, 20, 70].map((x) => ring(x, 0, 9, "#7db9ee")).join("")}</g>${path("#fff", "M-190-20q0-40 44-40 20-50 70-34 40-10 50 34 40 0 40 40z")}`,
  },
  // Concert seat
  15475: {
    colours: ["#2a1b4a", "#5f3fa0", "#1b1130"],
    thing: `${path("#f7d774", "M-30-400H30L170 0H-170z")}${path("#ffe9a8", "M-16-400H16L80 0H-80z")}${path("#e0523d", "M-28-270h56v110a28 28 0 0 1-56 0z")}${line("#1b1130", 10, "M-52-190v34a52 52 0 0 0 104 0v-34M0-104V-30M-44-20H44")}${line("#fff", 6, "M-28-240H28M-28-216H28")}`,
  },
  // Headphones voucher
  15476: {
    colours: ["#d8f0e6", "#5cc29b", "#2f8a6a"],
    thing: `${line("#1d3a4d", 26, "M-130-130v-60a130 130 0 0 1 260 0v60")}${path("#e0523d", "M-165-190h50a16 16 0 0 1 16 16V-46a16 16 0 0 1-16 16h-50a16 16 0 0 1-16-16V-174a16 16 0 0 1 16-16zM165-190h-50a16 16 0 0 0-16 16V-46a16 16 0 0 0 16 16h50a16 16 0 0 0 16-16V-174a16 16 0 0 0-16-16z")}${path("#fff4ee", "M-115-180h30v140h-30zM85-180h30v140h-30z")}${line("#1d3a4d", 8, "M140-30Q140-6 100-6H20")}`,
  },
  // A spa day each
  15478: {
    colours: ["#e3ecdf", "#a7c3a0", "#6f9168"],
    thing: `<ellipse cx="0" cy="-32" rx="150" ry="34" fill="#4d5a58"/><ellipse cx="8" cy="-92" rx="112" ry="30" fill="#6b7a77"/><ellipse cx="-6" cy="-144" rx="78" ry="26" fill="#8b9a96"/>${path("#f6c7d3", "M0-180C-90-190-130-250-120-300-70-300-30-270 0-180 30-270 70-300 120-300 130-250 90-190 0-180z")}${path("#ee9db3", "M0-180C-50-220-50-300 0-350 50-300 50-220 0-180z")}${ring(0, -196, 10, "#f4b73f")}`,
  },
  // Three museum passes a day
  15479: {
    colours: ["#f3e6d0", "#dcb878", "#b08a4a"],
    thing: `${path("#fff8ea", "M-180-250 0-360l180 110z")}${path("#e9d6b2", "M-180-250H180v26H-180z")}${[-140, -60, 20, 100].map((x) => path("#fff8ea", `M${x}-224h40V-40h-40z`)).join("")}${[-116, -36, 44, 124].map((x) => path("#e9d6b2", `M${x}-224h16V-40h-16z`)).join("")}${path("#e9d6b2", "M-170-40H170v20H-170z")}${path("#fff8ea", "M-190-20H190V0H-190z")}${ring(0, -290, 22, "#b4472d")}`,
  },
  // Lounge access
  15480: {
    colours: ["#d9e0ec", "#8496bd", "#51648f"],
    thing: `${path("#c4703c", "M-120-280a40 40 0 0 1 40-40H80a40 40 0 0 1 40 40v160H-120z")}${path("#a85a2d", "M-170-180a34 34 0 0 1 68 0v80H102v-80a34 34 0 0 1 68 0v140H-170z")}${path("#dd8c57", "M-102-140H102v60H-102z")}${path("#2b2f3d", "M-140-40h30L-124 0h-16zM140-40h-30L124 0h16z")}`,
  },
  // Cardholder's dinner
  15484: {
    colours: ["#f2dede", "#b4525a", "#7c2d38"],
    thing: `${path("#f5f1e6", "M-190-50H190q-10 50-70 50H-120q-60 0-70-50z")}${path("#dcd5c2", "M-190-50H190l-6 14H-184z")}${path("#e9e4d6", "M-150-60a150 150 0 0 1 300 0z")}${path("#fff", "M-120-70a122 122 0 0 1 82-106l12 26a96 96 0 0 0-66 80z")}${ring(0, -222, 20, "#e2a026")}${line("#fff", 9, "M-52-262q-12-14 0-28t0-28M0-272q-12-14 0-28t0-28M52-262q-12-14 0-28t0-28")}`,
  },
  // Sold-out sneakers
  15485: {
    colours: ["#fdf0c8", "#f1c84b", "#c79b22"],
    thing: `${path("#2c6e9b", "M-180-180q40 30 90 0l24-30q30-10 50 20 30 60 110 90 90 10 90 60v10H-184z")}${path("#1f527a", "M-180-180q-10 70 0 150h100q-20-110-100-150z")}${path("#fff", "M-190-40H186q14 40-16 40H-174q-20 0-16-40z")}${line("#fff", 10, "M-46-190l44-18M-22-160l44-20M6-132l42-22")}${path("#e0523d", "M-120-110q70 44 170 44l-10 20q-110 4-170-40z")}`,
  },
  // Gift card 1000
  15486: { colours: ["#d7eee9", "#79c2b4", "#3f8f80"], thing: gift },
  // Weekend in Goa
  15487: {
    colours: ["#ffd9a0", "#ff8f5a", "#2b8fa6"],
    thing: `${line("#7a4a2a", 26, "M60 0Q20-140 70-290")}${path("#2f7d4f", "M70-290q-120-70-190 30 100-40 190-30zM70-290q-40-110-150-100 100 30 150 100zM70-290q110-60 130 60-50-70-130-60zM70-290q50-90 130-60-90 0-130 60zM70-290q-40 50-30 130 40-50 30-130z")}${ring(62, -276, 16, "#5b3720")}${ring(88, -270, 14, "#6b4428")}${path("#f7e3b4", "M-190 0Q-60-70 190 0z")}${path("#fff", "M-160-90h110q-10 34-55 34t-55-34z")}${path("#e0523d", "M-104-200v100h70q-10-60-70-100z")}`,
  },
  // Steel bottle
  15488: {
    colours: ["#e4e2f2", "#a9a4d6", "#736dac"],
    thing: `${path("#2b2f3d", "M-36-370h72v50h-72z")}${line("#2b2f3d", 14, "M-26-370q0-34 26-34t26 34")}${path("#aeb7c2", "M-60-300q0-24 24-24h72q24 0 24 24V-20q0 20-20 20H-40q-20 0-20-20z")}${path("#d5dbe2", "M-44-300q0-10 10-10h20V0h-20q-10 0-10-10z")}${path("#3f8f80", "M-60-210H60v110H-60z")}${path("#fff", "M-34-124 0-186l34 62z")}`,
  },
  // A tree planted
  15489: {
    colours: ["#e2f0d4", "#9ccf76", "#8a6a44"],
    thing: `${path("#7a4f2c", "M-18-190h36L28 0H-28z")}${line("#7a4f2c", 16, "M0-120l56-56M0-150l-50-44")}${ring(0, -290, 104, "#3d8b4a")}${ring(-88, -220, 70, "#4fa45c")}${ring(90, -222, 74, "#347a41")}${ring(-30, -320, 40, "#5fb56b")}${ring(40, -246, 16, "#e0523d")}${ring(-64, -240, 16, "#e0523d")}${ring(-6, -336, 16, "#e0523d")}`,
  },
};

const hued = (id: number): Scene => {
  const hue = (id * 47) % 360;
  return { colours: [`hsl(${hue} 60% 88%)`, `hsl(${hue} 50% 62%)`, `hsl(${hue} 45% 42%)`], thing: gift };
};

/** The picture of the reward with this id, as an SVG document. */
export function pictureOf(id: number): string {
  const { colours, thing } = scenes[id] ?? hued(id);
  const [wall, round, floor] = colours;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 600">
<rect width="800" height="600" fill="${wall}"/><circle cx="400" cy="290" r="226" fill="${round}"/>
<path fill="${floor}" d="M0 490h800v110H0z"/><ellipse cx="400" cy="506" rx="190" ry="12" opacity=".28"/>
<g transform="translate(400 506)">${thing}</g></svg>
`;
}
