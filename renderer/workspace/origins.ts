/** Tells the core, by digests, where copied text comes from, and asks it before text goes into a pane. The text itself stays here. */
import { piecesOf } from '../../src/mux/origins.ts';
import type { Bridge } from '../shared/bridge.ts';

/** See PIECE_DIGEST of src/types/classes.ts. */
const DIGEST_BYTES = 16;

async function digestsOf(text: string): Promise<string[]> {
  const encoder = new TextEncoder();
  return Promise.all(
    piecesOf(text).map(async (piece) => {
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(piece)), 0, DIGEST_BYTES);
      return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    }),
  );
}

export class TextOrigins {
  readonly #bridge: Pick<Bridge, 'request'>;
  /** Copies that the core is being told of: a paste waits for them. */
  #told: Promise<unknown> = Promise.resolve();

  constructor(bridge: Pick<Bridge, 'request'>) {
    this.#bridge = bridge;
  }

  /** Something of a pane was copied. */
  copied(pane: number, text: string): void {
    const before = this.#told;
    this.#told = digestsOf(text)
      .then(async (digests) => {
        await before;
        await this.#bridge.request('clipboard.origin', { pane, digests });
      })
      // Locked meanwhile: nothing is pasted either.
      .catch(() => {});
  }

  /** Why a text does not go into a pane; undefined where it may. @throws Refused */
  async refusal(pane: number, text: string): Promise<string | undefined> {
    const digests = await digestsOf(text);
    await this.#told;
    const { refusal } = await this.#bridge.request('clipboard.paste', { pane, digests });
    return refusal ?? undefined;
  }
}
