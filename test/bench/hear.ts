/** What the bench hears of the app beside what it sees: nothing of the product knows that it is measured. */
import type { Host } from '../../main/host.ts';

export interface Heard {
  /** A lock page stands and has asked for what it shows: keys that are pressed from now on land in its field. */
  readonly lockPage: () => boolean;
  /** How long main took for the last answer to a lock page that asked what it shows, in ms; undefined before. */
  readonly facts: () => number | undefined;
  /** When main last renewed the page's lease: ms since the epoch; 0 before. */
  readonly lease: () => number;
}

/** Listens at every window that `host` opens. */
export function hear(host: Host): Heard {
  let asked = false;
  let lease = 0;
  let question: { readonly id: number; readonly at: number } | undefined;
  let facts: number | undefined;
  const open = host.open.bind(host);
  (host as { open: Host['open'] }).open = async (opening) => {
    const window = await open(opening);
    const post = window.post.bind(window);
    const show = window.show.bind(window);
    window.onMessage((text) => {
      if (!text.includes('"lock.facts"')) return;
      asked = true;
      question = { id: (JSON.parse(text) as { id: number }).id, at: performance.now() };
    });
    window.post = (text) => {
      if (text.includes('"lease"')) lease = Date.now();
      if (question && (JSON.parse(text) as { id?: number }).id === question.id) {
        facts = performance.now() - question.at;
        question = undefined;
      }
      post(text);
    };
    window.show = (surface) => {
      asked = false;
      return show(surface);
    };
    return window;
  };
  return { lockPage: () => asked, facts: () => facts, lease: () => lease };
}
