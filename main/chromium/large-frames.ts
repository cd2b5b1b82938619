/**
 * Large frames to the page. A frame by Runtime.evaluate is the text of a program for the browser: it is copied, parsed and
 * compiled, and decoded from base64 in the page. For a key's echo nothing is quicker, but in a flood it took a third of the
 * page's time. So a large frame waits here, and the page is told to fetch it: the answer to a request that is intercepted
 * reaches the page as bytes. Nothing listens anywhere.
 */

/** From this size on fetching is cheaper for the page: a request costs it about 2 ms, the text of a program 1 ms per 40 kB. */
export const LARGE_FRAME_BYTES = 64 * 1024;
/** Where frames are fetched. The content security policy allows requests to this folder of our origin and to no other. */
export const frameFolder = '/frames/';

export class LargeFrames {
  readonly #waiting = new Map<number, Uint8Array>();
  #last = 0;

  /** Keeps a frame until it is removed. Returns its id. */
  put(bytes: Uint8Array): number {
    this.#waiting.set(++this.#last, bytes);
    return this.#last;
  }

  /** The frame that a request for this path gets. */
  at(path: string): Uint8Array | undefined {
    const id = path.startsWith(frameFolder) ? path.slice(frameFolder.length) : '';
    return /^[1-9][0-9]{0,14}$/.test(id) ? this.#waiting.get(Number(id)) : undefined;
  }

  remove(id: number): void {
    this.#waiting.delete(id);
  }
}
