/**
 * Makes assets/fonts/WardmuxBoxes-Regular.woff2: lines of boxes, blocks, shades, braille and the arrows of powerline, drawn to the full
 * cell of 8 x 20 pixels, so that nothing is dashed between two rows. Run it again when the cell changes: node tools/box-font.mjs.
 *
 * A glyph is a picture of pixels, 75 units of a thousandth em each (the font size is 8 / 0.6 pixels), written as rectangles.
 * Above and below it goes on for PAD pixels, which the row cuts off: other sizes of the cell are up to a pixel higher or lower.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const COLS = 8;
const ROWS = 20;
const PAD = 2;
/** Units of a pixel. */
const PX = 75;
const EM = 1000;
/** Top of the cell over the baseline, in units: the row's half leading over the ascent of Plex Mono. */
const TOP = 1125;
/** The pixels that a light line goes through. */
const X = 4;
const Y = 10;

/** U+2500 to U+257F: arms up, right, down, left; 0 none, 1 light, 2 heavy, 3 double. `....` is drawn in another way. */
const arms = `0101 0202 1010 2020 .... .... .... .... .... .... .... .... 0110 0210 0120 0220 0011 0012 0021 0022 1100 1200 2100 2200 1001 1002 2001 2002
1110 1210 2110 1120 2120 2210 1220 2220 1011 1012 2011 1021 2021 2012 1022 2022 0111 0112 0211 0212 0121 0122 0221 0222 1101 1102 1201 1202 2101 2102 2201 2202
1111 1112 1211 1212 2111 1121 2121 2112 2211 1122 1221 2212 1222 2122 2221 2222 .... .... .... .... 0303 3030 0310 0130 0330 0013 0031 0033 1300 3100 3300 1003
3001 3003 1310 3130 3330 1013 3031 3033 0313 0131 0333 1303 3101 3303 1313 3131 3333 .... .... .... .... .... .... .... 0001 1000 0100 0010 0002 2000 0200 0020
0201 1020 0102 2010`.split(/\s+/);

/** @typedef {readonly (readonly [x: number, y: number])[]} Outline points in pixels from the top left of the cell */

/** @returns {Outline} */
const box = (left, top, right, bottom) => [
  [left, top],
  [right, top],
  [right, bottom],
  [left, bottom],
];
/** A rectangle that touches the cell's top or bottom goes on over it. */
const padded = (left, top, right, bottom) => box(left, top <= 0 ? top - PAD : top, right, bottom >= ROWS ? bottom + PAD : bottom);

/** A picture of pixels; rows from -PAD to ROWS + PAD. */
class Picture {
  #on = new Set();
  fill(left, top, right, bottom, on = true) {
    for (let y = top; y < bottom; y += 1) for (let x = left; x < right; x += 1) this.#on[on ? 'add' : 'delete'](`${x} ${y}`);
  }
  has = (x, y) => this.#on.has(`${x} ${y}`);
  /** Runs of a row, and equal runs of the rows below them as one rectangle. */
  outlines() {
    const done = [];
    const open = new Map();
    for (let y = -PAD; y <= ROWS + PAD; y += 1) {
      const runs = new Map();
      for (let x = 0; x < COLS; x += 1) {
        if (!this.has(x, y) || this.has(x - 1, y)) continue;
        let end = x;
        while (end < COLS && this.has(end, y)) end += 1;
        runs.set(`${x} ${end}`, [x, end]);
      }
      for (const [key, [x, end, top]] of open)
        if (!runs.has(key)) {
          done.push(box(x, top, end, y));
          open.delete(key);
        }
      for (const [key, [x, end]] of runs) if (!open.has(key)) open.set(key, [x, end, y]);
    }
    return done;
  }
}

const half = (weight) => (weight >= 2 ? 1 : 0);

/** The arms as wide as they are, then the gap of double ones cut out of them. */
function lines(spec) {
  const [up, right, down, left] = [...spec].map(Number);
  const picture = new Picture();
  const across = Math.max(half(left), half(right));
  const along = Math.max(half(up), half(down));
  if (up) picture.fill(X - half(up), -PAD, X + half(up) + 1, Y + across + 1);
  if (down) picture.fill(X - half(down), Y - across, X + half(down) + 1, ROWS + PAD);
  if (left) picture.fill(0, Y - half(left), X + along + 1, Y + half(left) + 1);
  if (right) picture.fill(X - along, Y - half(right), COLS, Y + half(right) + 1);
  const doubleAcross = left === 3 || right === 3;
  const doubleAlong = up === 3 || down === 3;
  // A gap begins in the middle where another gap crosses or goes on, else beside the line that it meets.
  if (up === 3) picture.fill(X, -PAD, X + 1, doubleAcross || down === 3 ? Y + 1 : Y, false);
  if (down === 3) picture.fill(X, doubleAcross || up === 3 ? Y : Y + 1, X + 1, ROWS + PAD, false);
  if (left === 3) picture.fill(0, Y, doubleAlong || right === 3 ? X + 1 : X, Y + 1, false);
  if (right === 3) picture.fill(doubleAlong || left === 3 ? X : X + 1, Y, COLS, Y + 1, false);
  // A single line that crosses a double one, or ends in a gap that has one side only.
  if (doubleAlong && !doubleAcross && left && right) picture.fill(0, Y, COLS, Y + 1);
  if (doubleAcross && !doubleAlong && up && down) picture.fill(X, -PAD, X + 1, ROWS + PAD);
  return picture.outlines();
}

/** Dashes: so many in a cell, of a weight, along one axis. */
function dashes(count, weight, vertical) {
  const length = vertical ? ROWS : COLS;
  const wide = half(weight);
  return Array.from({ length: count }, (_, i) => {
    const from = (i * length) / count;
    const to = from + (length / count) * 0.6;
    return vertical ? box(X - wide, from, X + wide + 1, to) : box(from, Y - wide, to, Y + wide + 1);
  });
}

/** A quarter of a circle of a light line, and the straight rest of both arms. `dx`, `dy`: where the arms go. */
function arc(dx, dy) {
  const radius = COLS / 2 - 0.5;
  const [cx, cy] = [X + 0.5 + dx * radius, Y + 0.5 + dy * radius];
  const at = (r, i) => {
    const angle = (Math.PI / 2) * (i / 8);
    return [cx - dx * r * Math.cos(angle), cy - dy * r * Math.sin(angle)];
  };
  const steps = Array.from({ length: 9 }, (_, i) => i);
  const ring = [...steps.map((i) => at(radius + 0.5, i)), ...steps.toReversed().map((i) => at(radius - 0.5, i))];
  const rest = dy > 0 ? box(X, cy, X + 1, ROWS + PAD) : box(X, -PAD, X + 1, cy);
  const side = dx > 0 ? box(cx, Y, COLS, Y + 1) : box(0, Y, cx, Y + 1);
  return [ring, rest, side];
}

const rising = [
  [0, ROWS],
  [COLS - 1, 0],
  [COLS, 0],
  [1, ROWS],
];
const falling = rising.map(([x, y]) => [COLS - x, y]);

/** Shades: 1, 2 or 3 of four pixels. */
function shade(level) {
  const picture = new Picture();
  for (let y = -PAD; y < ROWS + PAD; y += 1)
    for (let x = 0; x < COLS; x += 1) {
      const [oddX, oddY] = [x % 2 !== 0, Math.abs(y) % 2 !== 0];
      const sparse = !oddY && oddX === (Math.abs(y) % 4 === 0);
      const on = level === 1 ? sparse : level === 2 ? oddX === oddY : oddY || !sparse;
      if (on) picture.fill(x, y, x + 1, y + 1);
    }
  return picture.outlines();
}

/** Two by four dots; bit n of the code is dot n + 1 (ISO 11548-1). */
function braille(bits) {
  const places = [
    [0, 0],
    [0, 1],
    [0, 2],
    [1, 0],
    [1, 1],
    [1, 2],
    [0, 3],
    [1, 3],
  ];
  return places.filter((_, bit) => bits & (1 << bit)).map(([x, y]) => box(x * 4 + 1, y * 5 + 1.5, x * 4 + 3, y * 5 + 3.5));
}

const quadrants = ['.', 'd', 'D', 'u', 'udD', 'uD', 'uUd', 'uUD', 'U', 'Ud', 'UdD'];
function quadrant(which) {
  const parts = { u: [0, 0], U: [4, 0], d: [0, 10], D: [4, 10] };
  return [...which].map((part) => padded(parts[part][0], parts[part][1], parts[part][0] + 4, parts[part][1] + 10));
}

/** @returns {Map<number, readonly Outline[]>} by code point */
export function glyphs() {
  const made = new Map();
  arms.forEach((spec, i) => {
    if (spec !== '....') made.set(0x2500 + i, lines(spec));
  });
  for (const [i, count] of [
    [0x04, 3],
    [0x08, 4],
    [0x4c, 2],
  ])
    for (let more = 0; more < 4; more += 1) made.set(0x2500 + i + more, dashes(count, 1 + (more % 2), more >= 2));
  made.set(0x256d, arc(1, 1)).set(0x256e, arc(-1, 1)).set(0x256f, arc(-1, -1)).set(0x2570, arc(1, -1));
  made.set(0x2571, [rising]).set(0x2572, [falling]).set(0x2573, [rising, falling]);
  made.set(0x2580, [padded(0, 0, COLS, 10)]);
  for (let n = 1; n <= 8; n += 1) made.set(0x2580 + n, [padded(0, n === 8 ? 0 : ROWS - (ROWS * n) / 8, COLS, ROWS)]);
  for (let n = 7; n >= 1; n -= 1) made.set(0x2590 - n, [padded(0, 0, n, ROWS)]);
  made.set(0x2590, [padded(4, 0, COLS, ROWS)]);
  for (const level of [1, 2, 3]) made.set(0x2590 + level, shade(level));
  made.set(0x2594, [padded(0, 0, COLS, ROWS / 8)]).set(0x2595, [padded(7, 0, COLS, ROWS)]);
  quadrants.forEach((which, i) => {
    if (which !== '.') made.set(0x2595 + i, quadrant(which));
  });
  for (let bits = 0; bits < 256; bits += 1) made.set(0x2800 + bits, braille(bits));
  const right = [
    [0, 0],
    [COLS, ROWS / 2],
    [0, ROWS],
  ];
  const thin = [
    [0, 0],
    [COLS, ROWS / 2],
    [0, ROWS],
    [0, ROWS - 1.6],
    [COLS - 1.4, ROWS / 2],
    [0, 1.6],
  ];
  const mirror = (outline) => outline.map(([x, y]) => [COLS - x, y]);
  made
    .set(0xe0b0, [right])
    .set(0xe0b1, [thin])
    .set(0xe0b2, [mirror(right)])
    .set(0xe0b3, [mirror(thin)]);
  return made;
}

const u16 = (...values) => Buffer.concat(values.map((value) => Buffer.from([(value >> 8) & 255, value & 255])));
const u32 = (...values) => Buffer.concat(values.map((value) => u16(value >>> 16, value & 0xffff)));
const pad4 = (bytes) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

/** One simple glyph of TrueType: contours of straight lines, clockwise. */
function outline(contours) {
  if (contours.length === 0) return { bytes: Buffer.alloc(0), box: [0, 0, 0, 0], points: 0, contours: 0 };
  const units = contours.map((points) => {
    const placed = points.map(([x, y]) => [Math.round(x * PX), Math.round(TOP - y * PX)]);
    const area = placed.reduce((sum, [x, y], i) => sum + x * placed[(i + 1) % placed.length][1] - placed[(i + 1) % placed.length][0] * y, 0);
    return area > 0 ? placed.toReversed() : placed;
  });
  const all = units.flat();
  const [xs, ys] = [all.map(([x]) => x), all.map(([, y]) => y)];
  const bounds = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  let end = -1;
  const ends = units.map((points) => (end += points.length));
  const delta = (values) => values.map((value, i) => value - (values[i - 1] ?? 0));
  const bytes = Buffer.concat([u16(units.length, ...bounds), u16(...ends), u16(0), Buffer.from(all.map(() => 1)), u16(...delta(xs)), u16(...delta(ys))]);
  return { bytes: pad4(bytes), box: bounds, points: all.length, contours: units.length };
}

/** cmap of format 4: runs of code points that follow each other. */
function cmap(codes) {
  const runs = [];
  codes.forEach((code, i) => {
    const last = runs.at(-1);
    if (last && last.end + 1 === code) last.end = code;
    else runs.push({ start: code, end: code, glyph: i + 1 });
  });
  runs.push({ start: 0xffff, end: 0xffff, glyph: 0 });
  const count = runs.length;
  const power = 2 ** Math.floor(Math.log2(count));
  const body = Buffer.concat([
    u16(count * 2, power * 2, Math.log2(power), (count - power) * 2),
    u16(...runs.map((run) => run.end)),
    u16(0),
    u16(...runs.map((run) => run.start)),
    u16(...runs.map((run) => (run.start === 0xffff ? 1 : run.glyph - run.start))),
    u16(...runs.map(() => 0)),
  ]);
  return Buffer.concat([u16(0, 1, 3, 1), u32(12), u16(4, body.length + 6, 0), body]);
}

/** The font as a file of WOFF2 (W3C recommendation), its tables as they are. */
export function font() {
  const made = [...glyphs()].sort(([a], [b]) => a - b);
  const codes = made.map(([code]) => code);
  const notdef = outline([box(1, 2, 7, 18)]);
  const drawn = [notdef, ...made.map(([, contours]) => outline(contours))];
  const offsets = drawn.reduce((list, { bytes }) => [...list, list.at(-1) + bytes.length], [0]);
  const used = drawn.filter(({ points }) => points > 0);
  const bounds = [0, 1].map((i) => Math.min(...used.map(({ box: b }) => b[i]))).concat([2, 3].map((i) => Math.max(...used.map(({ box: b }) => b[i]))));
  const family = 'Wardmux Boxes';
  const names = [family, 'Regular', family, family, 'Version 1', 'WardmuxBoxes-Regular'];
  const texts = names.map((name) => Buffer.from(name, 'utf16le').swap16());
  let at = 0;
  const records = texts.map((text, i) => {
    const record = u16(3, 1, 0x409, i + 1, text.length, at);
    at += text.length;
    return record;
  });
  const [ascent, descent] = [1025, 275];
  const tables = [
    [0, cmap(codes)],
    [1, Buffer.concat([u32(0x10000, 0x10000, 0, 0x5f0f3cf5), u16(3, EM), u32(0, 0, 0, 0), u16(...bounds, 0, 8, 2, 1, 0)])],
    [2, Buffer.concat([u32(0x10000), u16(ascent, -descent, 0, 600, 0, 0, bounds[2], 1, 0, 0, 0, 0, 0, 0, 0, drawn.length)])],
    [3, Buffer.concat(drawn.map(({ box: b }) => u16(600, b[0])))],
    [
      4,
      Buffer.concat([
        u32(0x10000),
        u16(drawn.length, Math.max(...drawn.map(({ points }) => points)), Math.max(...drawn.map(({ contours }) => contours)), 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
      ]),
    ],
    [5, Buffer.concat([u16(0, texts.length, 6 + 12 * texts.length), ...records, ...texts])],
    [
      6,
      Buffer.concat([
        u16(4, 600, 400, 5, 0, 650, 600, 0, 75, 650, 600, 0, 350, 75, 300, 0),
        Buffer.from([2, 11, 5, 9, 0, 0, 0, 0, 0, 0]),
        u32(0, 0, 0, 0),
        Buffer.from('WDMX'),
        u16(0x40, codes[0], codes.at(-1), ascent, -descent, 0, ascent, descent),
        u32(0, 0),
        u16(500, 700, 0, 0x20, 1),
      ]),
    ],
    [7, Buffer.concat([u32(0x30000, 0), u16(-100, 75), u32(1, 0, 0, 0, 0)])],
    [10, Buffer.concat(drawn.map(({ bytes }) => bytes)), 3],
    [11, u32(...offsets), 3],
  ];
  // Without a signature over it nobody reads the checksum of the whole.
  const base128 = (value) => {
    const bytes = [value & 127];
    for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 127) | 128);
    return Buffer.from(bytes);
  };
  const directory = Buffer.concat(
    tables.map(([index, bytes, transform = 0]) => Buffer.concat([Buffer.from([index | (transform << 6)]), base128(bytes.length)])),
  );
  const data = brotliCompressSync(Buffer.concat(tables.map(([, bytes]) => bytes)), {
    params: { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_FONT, [constants.BROTLI_PARAM_QUALITY]: 11 },
  });
  const plain = 12 + 16 * tables.length + tables.reduce((sum, [, bytes]) => sum + pad4(bytes).length, 0);
  const whole = pad4(Buffer.concat([directory, data]));
  const header = Buffer.concat([
    Buffer.from('wOF2'),
    u32(0x10000, 48 + whole.length),
    u16(tables.length, 0),
    u32(plain, data.length),
    u16(1, 0),
    u32(0, 0, 0, 0, 0),
  ]);
  return Buffer.concat([header, whole]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(new URL('../assets/fonts/WardmuxBoxes-Regular.woff2', import.meta.url), font());
