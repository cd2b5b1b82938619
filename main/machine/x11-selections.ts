/**
 * Empties what X11 has in place of a clipboard: whoever owns a selection gives its text to those who ask. So we take both, the
 * clipboard and the one of the middle button (PRIMARY), with a window of our own that nobody sees, and give nothing. That
 * needs no browser, no focus and no gesture, and it works while the browser is stopped. The selections are kept: a clipboard
 * manager puts back what it remembers when a selection has no owner any more.
 */
import { opcode, words, X11 } from './x11.ts';
import { inTime } from '../../src/time/in-time.ts';

const PRIMARY = 1;
const INPUT_ONLY = 2;
const SELECTION_REQUEST = 30;
const SELECTION_NOTIFY = 31;
/** The server answers in under a millisecond; one that does not is not waited for. */
const SELECTIONS_MS = 500;

export class X11Selections {
  readonly #env: NodeJS.ProcessEnv;
  #x: X11 | undefined;
  #window = 0;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** @returns true when both selections are ours now, so that a paste gives nothing. Never rejects. */
  clear(): Promise<boolean> {
    return inTime(
      this.#clear().catch(() => false),
      SELECTIONS_MS,
      () => false,
    );
  }

  close(): void {
    this.#x?.close();
  }

  async #clear(): Promise<boolean> {
    const x = (this.#x ??= this.#open());
    if (!x) return false;
    await x.ready;
    if (this.#window === 0) {
      this.#window = x.idBase + 1;
      const body = Buffer.alloc(28);
      body.writeUInt32LE(this.#window, 0);
      body.writeUInt32LE(x.root, 4);
      body.writeUInt16LE(1, 12);
      body.writeUInt16LE(1, 14);
      body.writeUInt16LE(INPUT_ONLY, 18);
      x.send(opcode.createWindow, 0, body);
    }
    const owners = await Promise.all(
      [await x.atom('CLIPBOARD'), PRIMARY].map((selection) => {
        x.send(opcode.setSelectionOwner, 0, words(this.#window, selection, 0));
        return x.ask(opcode.getSelectionOwner, 0, words(selection));
      }),
    );
    return owners.every((owner) => owner?.readUInt32LE(8) === this.#window);
  }

  #open(): X11 | undefined {
    const x = X11.connect(this.#env);
    if (!x) return undefined;
    x.onEvent = (event) => {
      if ((event[0]! & 0x7f) === SELECTION_REQUEST) this.#refuse(x, event);
    };
    x.onEnd = () => {
      if (this.#x !== x) return;
      this.#x = undefined;
      this.#window = 0;
    };
    return x;
  }

  /** Who asks is told that there is nothing; without an answer they would wait. */
  #refuse(x: X11, request: Buffer): void {
    const [time, requestor, selection, target] = [4, 12, 16, 20].map((at) => request.readUInt32LE(at)) as [number, number, number, number];
    const event = Buffer.alloc(32);
    event[0] = SELECTION_NOTIFY;
    words(time, requestor, selection, target, 0).copy(event, 4);
    x.send(opcode.sendEvent, 0, Buffer.concat([words(requestor, 0), event]));
  }
}
