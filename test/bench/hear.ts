/** What the bench hears of the app beside what it sees: nothing of the product knows that it is measured. */
import type { Host } from '../../main/host.ts';

export interface Heard {
  /** A lock page stands and has asked for what it shows: keys that are pressed from now on land in its field. */
  readonly lockPage: () => boolean;
  /** When main last renewed the page's lease: ms since the epoch; 0 before. */
  readonly lease: () => number;
}

/** Listens at every window that `host` opens. */
export function hear(host: Host): Heard {
  let asked = false;
  let lease = 0;
  const open = host.open.bind(host);
  (host as { open: Host['open'] }).open = async (opening) => {
    const window = await open(opening);
    const post = window.post.bind(window);
    const show = window.show.bind(window);
    window.onMessage((text) => {
      if (text.includes('"lock.facts"')) asked = true;
    });
    window.post = (text) => {
      if (text.includes('"lease"')) lease = Date.now();
      post(text);
    };
    window.show = (surface) => {
      asked = false;
      return show(surface);
    };
    return window;
  };
  return { lockPage: () => asked, lease: () => lease };
}
