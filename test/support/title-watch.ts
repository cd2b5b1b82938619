/** Hears from a display, from before a program's start on, what every window of it is called and of which class it is, from each window's first moment. */
import { opcode, words, X11 } from '../../main/machine/x11.ts';

const EVENT_MASK_BIT = 0x800;
const mask = { propertyChange: 0x400000, substructureNotify: 0x80000 } as const;
const kinds = { createNotify: 16, mapNotify: 19, propertyNotify: 28 } as const;
const atoms = { wmName: 39, wmClass: 67 } as const;
/** In words of 4 bytes. */
const LONGEST = 256;

interface TitleWatch {
  /** Each title that a window had which was shown, now or before it was: WM_NAME and _NET_WM_NAME. An empty one is none. */
  readonly titles: ReadonlySet<string>;
  /** WM_CLASS as these windows have it, its two names with a space between them. */
  readonly classes: ReadonlySet<string>;
  stop(): void;
}

export async function watchTitles(display: string): Promise<TitleWatch> {
  const x = X11.connect({ ...process.env, DISPLAY: display })!;
  await x.ready;
  const titles = new Map<number, Set<string>>();
  /** A toolkit has windows that nobody sees, for its clipboard and its leader. */
  const shown = new Set<number>();
  const classes = new Map<number, ReadonlySet<string>>();
  const ofShown = (all: ReadonlyMap<number, Iterable<string>>): Set<string> => new Set([...shown].flatMap((window) => [...(all.get(window) ?? [])]));
  const netName = await x.atom('_NET_WM_NAME');
  const read = async (window: number, atom: number): Promise<void> => {
    const text = (await x.property(window, atom, LONGEST)).toString();
    if (atom === atoms.wmClass) classes.set(window, new Set([text.split('\0').slice(0, 2).join(' ')]));
    else if (text !== '') titles.set(window, (titles.get(window) ?? new Set()).add(text));
  };
  x.onEvent = (event) => {
    if (event[0] === kinds.createNotify) {
      const window = event.readUInt32LE(8);
      x.send(opcode.changeWindowAttributes, 0, words(window, EVENT_MASK_BIT, mask.propertyChange));
      // What it has by now told nobody.
      for (const atom of [atoms.wmClass, atoms.wmName, netName]) void read(window, atom).catch(() => {});
    } else if (event[0] === kinds.mapNotify) shown.add(event.readUInt32LE(8));
    else if (event[0] === kinds.propertyNotify) {
      const atom = event.readUInt32LE(8);
      if (atom === netName || atom === atoms.wmName || atom === atoms.wmClass) void read(event.readUInt32LE(4), atom).catch(() => {});
    }
  };
  x.send(opcode.changeWindowAttributes, 0, words(x.root, EVENT_MASK_BIT, mask.substructureNotify));
  // Answered behind it: from here on nothing is missed.
  await x.atom('WM_NAME');
  return {
    get titles() {
      return ofShown(titles);
    },
    get classes() {
      return ofShown(classes);
    },
    stop: () => x.close(),
  };
}
