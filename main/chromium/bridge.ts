/**
 * The page's half of the bridge, and the core's reading of what it sends. One binding carries everything to the core, as
 * `GENERATION KIND DATA`: kind m is JSON text, p and v are base64 of a frame for the pty or the vault host. The generation
 * is the number of the `show` that made the document, so that a message of an old one is known and dropped.
 */
import { ownMemory } from '../../src/bridge/own-memory.ts';
import { MAX_FRAME_BYTES } from '../../src/bridge/frames.ts';
import { isFrame, isMessage, MAX_MESSAGE_CHARS } from '../limits.ts';
import { origin, type Appearance, type Peer } from '../host.ts';
import { frameFolder } from './large-frames.ts';

export const bindingName = 'wardmuxToCore';
const intakeName = 'wardmuxFromCore';

const MAX_PAYLOAD_CHARS = Math.max(MAX_MESSAGE_CHARS, Math.ceil(MAX_FRAME_BYTES / 3) * 4) + 32;

/** A fetch takes 60 ms on a busy page; one that takes this long has been lost. */
const FETCH_MS = 5_000;

export type FromPage = { readonly kind: 'message'; readonly text: string } | { readonly kind: 'frame'; readonly peer: Peer; readonly bytes: Uint8Array };

/** Reads one payload of the binding. Undefined for another generation and for everything that is not exactly in shape. */
export function readPayload(payload: string, generation: number): FromPage | undefined {
  if (payload.length > MAX_PAYLOAD_CHARS) return undefined;
  const head = `${generation} `;
  if (!payload.startsWith(head) || payload[head.length + 1] !== ' ') return undefined;
  const kind = payload[head.length];
  const data = payload.slice(head.length + 2);
  if (kind === 'm') return isMessage(data) ? { kind: 'message', text: data } : undefined;
  if (kind !== 'p' && kind !== 'v') return undefined;
  const bytes = Buffer.from(data, 'base64');
  // Node skips what is not base64; a page that sends such a thing is refused, not corrected.
  if (!isFrame(bytes) || Math.ceil(bytes.length / 3) * 4 !== data.length) return undefined;
  return { kind: 'frame', peer: kind === 'p' ? 'pty' : 'vault', bytes: ownMemory(bytes) };
}

/** Messages that a page answers at once. What is not answered yet takes some hundred bytes of the browser, and ends with its page. */
const ANSWERS_TOGETHER = 32;

/** Expression that gives the page a message. Its promise is no word about that message: it resolves some messages later (`pageScript`). */
export function messageExpression(generation: number, text: string): string {
  return `globalThis.${intakeName}?.message(${generation},${JSON.stringify(text)})`;
}

/** Expression whose promise is the page's "taken". `number` counts the frames to this document, from 0. */
export function frameExpression(generation: number, number: number, peer: Peer, bytes: Uint8Array): string {
  const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return `globalThis.${intakeName}?.frame(${generation},${number},"${peer}","${base64}")`;
}

/** The same for a frame that the page fetches (large-frames.ts). Its value is false when it could not be fetched: send it whole then. */
export function fetchExpression(generation: number, number: number, peer: Peer, id: number): string {
  return `globalThis.${intakeName}?.fetchFrame(${generation},${number},"${peer}",${id})`;
}

/**
 * Runs in the page before any script of ours. Defines `window.wardmux` (PageBridge) and hides the raw binding. What comes
 * before the page listens is kept in order.
 */
export function pageScript(generation: number, appearance: Appearance): string {
  const marks = { ...(appearance.theme === 'system' ? {} : { theme: appearance.theme }), ...(appearance.contrast ? { contrast: 'more' } : {}) };
  return `(() => {
  if (location.origin !== ${JSON.stringify(origin)} || window !== window.top) return;
  // As renderer/shared/display.ts sets them when the core has told it: the first picture has the person's colours already.
  const mark = () => document.documentElement && Object.assign(document.documentElement.dataset, ${JSON.stringify(marks)});
  if (!mark()) new MutationObserver((_, watching) => mark() && watching.disconnect()).observe(document, { childList: true });
  const raw = globalThis.${bindingName};
  delete globalThis.${bindingName};
  const toBase64 = (bytes) => {
    if (bytes.toBase64) return bytes.toBase64();
    let text = '';
    for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return btoa(text);
  };
  const fromBase64 = (text) => (Uint8Array.fromBase64 ? Uint8Array.fromBase64(text) : Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
  const fetch = globalThis.fetch.bind(globalThis);
  const messages = [];
  let onMessage;
  let onFrame;
  let listen;
  const listening = new Promise((resolve) => (listen = resolve));
  // Frames come by two ways and are given in the order of their numbers.
  let next = 0;
  const early = new Map();
  const give = async (number, peer, bytes) => {
    await listening;
    if (number < next) return;
    if (number > next) await new Promise((turn) => early.set(number, turn));
    let taken;
    try {
      taken = onFrame(peer, bytes);
    } finally {
      next++;
      early.get(next)?.();
      early.delete(next);
    }
    await taken;
  };
  const fetchBytes = async (id) => {
    const answer = await fetch(${JSON.stringify(frameFolder)} + id, { signal: AbortSignal.timeout(${FETCH_MS}) });
    if (!answer.ok) throw new Error('no such frame');
    return new Uint8Array(await answer.arrayBuffer());
  };
  const bridge = Object.freeze({
    send: (text) => raw('${generation} m ' + String(text)),
    sendFrame: (peer, bytes) => raw('${generation} ' + (peer === 'vault' ? 'v ' : 'p ') + toBase64(bytes)),
    onMessage: (listener) => {
      onMessage = listener;
      for (const text of messages.splice(0)) listener(text);
    },
    onFrame: (listener) => {
      onFrame = listener;
      listen();
    },
  });
  // Nobody waits for the answer to a message, and each would wake five threads on its way to the core: they go some at a time.
  let answers = [];
  const answer = () =>
    new Promise((answered) => {
      answers.push(answered);
      if (answers.length < ${ANSWERS_TOGETHER}) return;
      for (const each of answers.splice(0)) each();
    });
  const intake = Object.freeze({
    message: (generation, text) => {
      if (generation !== ${generation}) return;
      if (onMessage) onMessage(text);
      else messages.push(text);
      return answer();
    },
    frame: async (generation, number, peer, text) => {
      if (generation === ${generation}) await give(number, peer, fromBase64(text));
    },
    fetchFrame: async (generation, number, peer, id) => {
      if (generation !== ${generation}) return;
      const bytes = await fetchBytes(id)
        .catch(() => fetchBytes(id))
        .catch(() => undefined);
      if (!bytes) return false;
      await give(number, peer, bytes);
    },
  });
  Object.defineProperty(globalThis, 'wardmux', { value: bridge, enumerable: true });
  Object.defineProperty(globalThis, '${intakeName}', { value: intake });
})();`;
}
