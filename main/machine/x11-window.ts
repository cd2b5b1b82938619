/**
 * The browser's window as the X server has it, which is what a person sees: whether it is there, and what its pixels are.
 *
 * A window that another client destroys (XDestroyWindow: some window managers, xdotool windowclose) is not noticed by the
 * browser: its page goes on, no event of DevTools comes, and the app would believe in a window that nobody sees. And a
 * browser that has been stopped has said "done" about a picture that still stands there. The X server tells everyone who asks;
 * this asks it. On Wayland no other client can destroy a window, and none can look.
 */
import { processTree } from '../../src/browser/processes.ts';
import { opcode, words, X11 } from './x11.ts';

/** The window is there within a second of the browser's start; ten are for a machine in trouble. */
const FIND = { tries: 40, everyMs: 250 };
/** A window manager puts a window into frames of its own, two or three deep. */
const MAX_DEPTH = 4;
/** In pixels: the line is 24 to 40 high, a pane's first row begins below its rule, and its text a few from the sides. */
const EDGE = { bottom: 48, top: 24, side: 12 };

const EVENT_MASK_BIT = 0x800;
const STRUCTURE_NOTIFY = 0x20000;
const DESTROY_NOTIFY = 17;
const WM_CLASS = 67;
const Z_PIXMAP = 2;
const ALL_PLANES = 0xffffffff;
const COLOUR = 0xffffff;
/** Map state of a window that is on the screen, at this byte of its attributes; and its class, of which one kind shows nothing. */
const VIEWABLE = { at: 26, state: 2 };
const INPUT_ONLY = { at: 12, value: 2 };

/** X-Resource 1.2, QueryClientIds: which process of this machine is at the other end of the connection that has made a window. */
const QUERY_CLIENT_IDS = 4;
const LOCAL_CLIENT_PID = 2;

/** By the kernel's word to the server (SO_PEERCRED). Properties such as _NET_WM_PID say what whoever has set them likes. */
async function ownerOf(x: X11, resources: number, window: number): Promise<number | undefined> {
  const reply = await x.ask(resources, QUERY_CLIENT_IDS, words(1, window, LOCAL_CLIENT_PID));
  // One answer: its client and kind, its length in bytes, its value.
  return reply && reply.length >= 48 && reply.readUInt32LE(8) === 1 && reply.readUInt32LE(40) === 4 ? reply.readUInt32LE(44) : undefined;
}

/** The window that the process `pid` has made, that has our class and is on the screen, at any depth. The browser has others that nobody sees. */
async function find(x: X11, resources: number, pid: number, wmClass: string, window = x.root, depth = 0): Promise<number | undefined> {
  for (const child of await childrenOf(x, window)) {
    const names = (await x.property(child, WM_CLASS, 64)).toString('latin1').split('\0');
    if (names.includes(wmClass) && (await ownerOf(x, resources, child)) === pid) {
      const attributes = await x.ask(opcode.getWindowAttributes, 0, words(child));
      if (attributes?.[VIEWABLE.at] === VIEWABLE.state) return child;
    }
    const inside = depth < MAX_DEPTH ? await find(x, resources, pid, wmClass, child, depth + 1) : undefined;
    if (inside !== undefined) return inside;
  }
  return undefined;
}

/** In the order of the stack, the lowest first. */
async function childrenOf(x: X11, window: number): Promise<number[]> {
  const tree = await x.ask(opcode.queryTree, 0, words(window));
  return Array.from({ length: tree?.readUInt16LE(16) ?? 0 }, (_, i) => tree!.readUInt32LE(32 + i * 4));
}

/** In pixels, from the left upper corner of the screen. */
interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * What the X server shows of the window: edges of one colour, a picture up to the edges, nothing that can be judged because the
 * bottom lies outside of the screen, or because windows of others stand over it, nothing (it is not on the screen), or there is
 * no window.
 */
export type Look = 'plain' | 'picture' | 'unclear' | 'covered' | 'hidden' | 'gone';

/** Between two looks at the screen. A look takes 2 to 5 ms. */
const LOOK_MS = 4;

/** Looks until it sees one of these. @returns false when it has not within `limitMs` */
export async function lookFor(look: () => Promise<Look>, wanted: readonly Look[], limitMs: number): Promise<boolean> {
  for (const end = performance.now() + limitMs; performance.now() < end; await betweenLooks()) if (wanted.includes(await look())) return true;
  return false;
}

export const betweenLooks = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, LOOK_MS));

export interface WindowWatch {
  /** Resolves with true when the window is watched, with false where that is not possible: no X11, no such window, or a display that does not answer any more. */
  readonly watching: Promise<boolean>;
  /** @throws Error where the display does not tell */
  look(): Promise<Look>;
  stop(): void;
}

const unwatched: WindowWatch = { watching: Promise.resolve(false), look: () => Promise.reject(new Error('no window is watched')), stop: () => {} };

/** Calls `gone` once when the window of the process `pid` with the class `wmClass` is destroyed. Never throws. */
export function watchX11Window(options: {
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number;
  readonly wmClass: string;
  readonly gone: () => void;
}): WindowWatch {
  const { env, pid, wmClass, gone } = options;
  const x = X11.connect(env);
  if (!x) return unwatched;
  let stopped = false;
  let watched: number | undefined;
  const destroyed = (window: number): void => {
    if (window !== watched || stopped) return;
    stopped = true;
    gone();
  };
  x.onEvent = (event) => {
    // With 0x80 in it another client has sent it, and knows nothing.
    if (event[0] === DESTROY_NOTIFY) destroyed(event.readUInt32LE(8));
  };
  const watch = async (): Promise<boolean> => {
    await x.ready;
    const resources = await x.extension('X-Resource');
    // Without it nobody can tell whose a window is.
    if (resources === undefined) throw new Error('the display does not tell whose a window is');
    for (let i = 0; i < FIND.tries && !stopped; i++) {
      const window = await find(x, resources, pid, wmClass);
      if (window !== undefined) {
        watched = window;
        x.send(opcode.changeWindowAttributes, 0, words(window, EVENT_MASK_BIT, STRUCTURE_NOTIFY));
        // Asked after the choice: a window that went just before it sends no event any more.
        const there = await x.ask(opcode.queryTree, 0, words(window));
        if (!there) destroyed(window);
        return true;
      }
      await new Promise((resolve) => setTimeout(resolve, FIND.everyMs).unref());
    }
    x.close();
    return false;
  };
  return {
    watching: watch().catch(() => false),
    look: () => (watched === undefined ? unwatched.look() : look(x, watched, pid)),
    stop: () => {
      stopped = true;
      x.close();
    },
  };
}

/**
 * The edges decide: a workspace has its line at the bottom and panes up to the other three, a window without a page has one
 * colour all around, whatever the browser writes into the middle of it. A pane cannot draw outside of itself.
 */
async function look(x: X11, window: number, pid: number): Promise<Look> {
  const [attributes, area, screen] = await Promise.all([x.ask(opcode.getWindowAttributes, 0, words(window)), place(x, window), place(x, x.root)]);
  if (!attributes || !area) return 'gone';
  if (!screen) throw new Error('the display has no screen');
  if (attributes[VIEWABLE.at] !== VIEWABLE.state || !common(area, screen)) return 'hidden';
  if (await isCovered(x, window, area, pid)) return 'covered';
  const { width, height } = area;
  const bottom = { x: area.x, y: area.y + height - EDGE.bottom, width, height: EDGE.bottom };
  const edges = [
    bottom,
    { ...bottom, y: area.y, height: EDGE.top },
    { ...area, width: EDGE.side },
    { ...area, x: area.x + width - EDGE.side, width: EDGE.side },
  ];
  let colour: number | undefined;
  for (const edge of edges) {
    const seen = common(edge, screen);
    if (!seen) {
      if (edge === bottom) return 'unclear';
      continue;
    }
    const pixels = await image(x, window, { ...seen, x: seen.x - area.x, y: seen.y - area.y });
    if (!pixels) return 'picture';
    for (const pixel of pixels) {
      colour ??= pixel & COLOUR;
      if ((pixel & COLOUR) !== colour) return 'picture';
    }
    // The line tells a workspace from an empty window. Where most of it lies outside of the screen nothing is known.
    if (edge === bottom && pixels.length < (width * EDGE.bottom) / 2) return 'unclear';
  }
  return 'plain';
}

/** Where a window is on the screen, with its border or without. */
async function place(x: X11, window: number, bordered = false): Promise<Rectangle | undefined> {
  const [geometry, corner] = await Promise.all([x.ask(opcode.getGeometry, 0, words(window)), x.ask(opcode.translateCoordinates, 0, words(window, x.root, 0))]);
  if (!geometry || !corner) return undefined;
  const border = bordered ? geometry.readUInt16LE(20) : 0;
  return {
    x: corner.readInt16LE(12) - border,
    y: corner.readInt16LE(14) - border,
    width: geometry.readUInt16LE(16) + 2 * border,
    height: geometry.readUInt16LE(18) + 2 * border,
  };
}

function common(a: Rectangle, b: Rectangle): Rectangle | undefined {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

/**
 * Whether windows of others lie over ours, or in it. There the server gives their pixels, and they can go as they came; or ours,
 * because a window may have a shape that hides nothing: neither is a look. Nobody's word is taken that a compositor runs. What a
 * window manager puts around ours does not lie over it; what the browser's own processes put into it is its picture.
 */
async function isCovered(x: X11, window: number, area: Rectangle, pid: number): Promise<boolean> {
  const covers = async (other: number): Promise<boolean> => {
    const attributes = await x.ask(opcode.getWindowAttributes, 0, words(other));
    if (attributes?.[VIEWABLE.at] !== VIEWABLE.state || attributes.readUInt16LE(INPUT_ONLY.at) === INPUT_ONLY.value) return false;
    const where = await place(x, other, true);
    return where !== undefined && common(where, area) !== undefined;
  };
  for (let at = window, depth = 0; at !== x.root; depth++) {
    const parent = (await x.ask(opcode.queryTree, 0, words(at)))?.readUInt32LE(12) ?? 0;
    if (parent === 0 || depth > MAX_DEPTH) return true;
    const siblings = await childrenOf(x, parent);
    const above = await Promise.all(siblings.slice(siblings.indexOf(at) + 1).map(covers));
    if (above.includes(true)) return true;
    at = parent;
  }
  const inside = (await Promise.all((await childrenOf(x, window)).map(async (child) => ((await covers(child)) ? [child] : [])))).flat();
  if (inside.length === 0) return false;
  const resources = await x.extension('X-Resource');
  if (resources === undefined) return true;
  const owners = await Promise.all(inside.map((child) => ownerOf(x, resources, child)));
  const ours = processTree(pid);
  return owners.some((owner) => owner === undefined || !ours.includes(owner));
}

/** The pixels of a part of a window, 32 bits each; undefined where the server does not give them so. */
async function image(x: X11, window: number, part: Rectangle): Promise<Uint32Array | undefined> {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(window, 0);
  body.writeInt16LE(part.x, 4);
  body.writeInt16LE(part.y, 6);
  body.writeUInt16LE(part.width, 8);
  body.writeUInt16LE(part.height, 10);
  body.writeUInt32LE(ALL_PLANES, 12);
  const reply = await x.ask(opcode.getImage, Z_PIXMAP, body);
  const bytes = part.width * part.height * 4;
  if (!reply || reply.length < 32 + bytes) return undefined;
  const copy = new Uint8Array(bytes);
  copy.set(reply.subarray(32, 32 + bytes));
  return new Uint32Array(copy.buffer);
}
