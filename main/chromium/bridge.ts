/**
 * The page's half of the bridge, and the core's reading of what it sends. One binding carries everything to the core, as
 * `GENERATION KIND DATA`: kind m is JSON text, p and v are base64 of a frame for the pty or the vault host. The generation
 * is the number of the `show` that made the document, so that a message of an old one is known and dropped.
 */
import { isFrame, isMessage, MAX_FRAME_BYTES, MAX_MESSAGE_CHARS } from '../limits.ts';
import { origin, type Peer } from '../host.ts';

export const bindingName = 'wardmuxToCore';
export const intakeName = 'wardmuxFromCore';

const MAX_PAYLOAD_CHARS = Math.max(MAX_MESSAGE_CHARS, Math.ceil(MAX_FRAME_BYTES / 3) * 4) + 32;

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
  return { kind: 'frame', peer: kind === 'p' ? 'pty' : 'vault', bytes };
}

/** Expression that gives the page a message. */
export function messageExpression(generation: number, text: string): string {
  return `globalThis.${intakeName}?.message(${generation},${JSON.stringify(text)})`;
}

/** Expression whose promise is the page's "taken". */
export function frameExpression(generation: number, peer: Peer, bytes: Uint8Array): string {
  const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return `globalThis.${intakeName}?.frame(${generation},"${peer}","${base64}")`;
}

/**
 * Runs in the page before any script of ours. Defines `window.wardmux` (PageBridge) and hides the raw binding. What comes
 * before the page listens is kept in order.
 */
export function pageScript(generation: number): string {
  return `(() => {
  if (location.origin !== ${JSON.stringify(origin)} || window !== window.top) return;
  const raw = globalThis.${bindingName};
  delete globalThis.${bindingName};
  const toBase64 = (bytes) => {
    if (bytes.toBase64) return bytes.toBase64();
    let text = '';
    for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return btoa(text);
  };
  const fromBase64 = (text) => (Uint8Array.fromBase64 ? Uint8Array.fromBase64(text) : Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
  const messages = [];
  const frames = [];
  let onMessage;
  let onFrame;
  const bridge = Object.freeze({
    send: (text) => raw('${generation} m ' + String(text)),
    sendFrame: (peer, bytes) => raw('${generation} ' + (peer === 'vault' ? 'v ' : 'p ') + toBase64(bytes)),
    onMessage: (listener) => {
      onMessage = listener;
      for (const text of messages.splice(0)) listener(text);
    },
    onFrame: (listener) => {
      onFrame = listener;
      for (const give of frames.splice(0)) give();
    },
  });
  const intake = Object.freeze({
    message: (generation, text) => {
      if (generation !== ${generation}) return;
      if (onMessage) onMessage(text);
      else messages.push(text);
    },
    frame: async (generation, peer, text) => {
      if (generation !== ${generation}) return;
      if (!onFrame) await new Promise((give) => frames.push(give));
      await onFrame(peer, fromBase64(text));
    },
  });
  Object.defineProperty(globalThis, 'wardmux', { value: bridge, enumerable: true });
  Object.defineProperty(globalThis, '${intakeName}', { value: intake });
})();`;
}
