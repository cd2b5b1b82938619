/** Another program of the same display: it makes windows that cover others, or say that they are another's. */
import { X11, words } from '../../main/machine/x11.ts';

const request = { createWindow: 1, mapWindow: 8, configureWindow: 12, changeProperty: 18, sendEvent: 25 } as const;
const OVERRIDE_REDIRECT_AND_BACKGROUND = 0x202;
const STACK_MODE = 0x40;
const BELOW = 1;
const STRUCTURE_NOTIFY = 0x20000;
const DESTROY_NOTIFY = 17;
const atoms = { cardinal: 6, string: 31, wmClass: 67 } as const;
/** Shape extension: ShapeRectangles, bounding, set, unsorted. */
const SHAPE_RECTANGLES = 1;

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export class XClient {
  readonly #x: X11;
  #windows = 0;

  private constructor(x: X11) {
    this.#x = x;
  }

  static async open(display: string): Promise<XClient> {
    const x = X11.connect({ ...process.env, DISPLAY: display })!;
    await x.ready;
    return new XClient(x);
  }

  #create({ x, y, width, height }: Area, border = 0): number {
    const window = this.#x.idBase + ++this.#windows;
    const body = Buffer.alloc(20);
    body.writeUInt32LE(window, 0);
    body.writeUInt32LE(this.#x.root, 4);
    body.writeInt16LE(x, 8);
    body.writeInt16LE(y, 10);
    body.writeUInt16LE(width, 12);
    body.writeUInt16LE(height, 14);
    body.writeUInt16LE(border, 16);
    body.writeUInt16LE(1, 18);
    this.#x.send(request.createWindow, 0, Buffer.concat([body, words(0, OVERRIDE_REDIRECT_AND_BACKGROUND, 0x202020, 1)]));
    return window;
  }

  #property(window: number, atom: number, type: number, format: 8 | 32, value: Buffer): void {
    const pad = Buffer.alloc((4 - (value.length % 4)) % 4);
    this.#x.send(request.changeProperty, 0, Buffer.concat([words(window, atom, type, format, (value.length * 8) / format), value, pad]));
  }

  /** Above all others. With `shape` false it hides what is below it; with true it has an empty shape, and hides nothing. */
  async cover(area: Area, shape: boolean, border = 0): Promise<void> {
    const window = this.#create(area, border);
    if (shape) this.#x.send((await this.#x.extension('SHAPE'))!, SHAPE_RECTANGLES, Buffer.concat([Buffer.alloc(4), words(window, 0)]));
    this.#x.send(request.mapWindow, 0, words(window));
    await this.#settled();
  }

  /** The lowest of all, with our class. @returns a function that gives it to a process, by its property. */
  async decoy(area: Area): Promise<(pid: number) => Promise<void>> {
    const window = this.#create(area);
    this.#property(window, atoms.wmClass, atoms.string, 8, Buffer.from('wardmux\0Wardmux\0'));
    this.#x.send(request.mapWindow, 0, words(window));
    const atom = await this.#x.atom('_NET_WM_PID');
    return async (pid) => {
      this.#property(window, atom, atoms.cardinal, 32, words(pid));
      this.#x.send(request.configureWindow, 0, words(window, STACK_MODE, BELOW));
      await this.#settled();
    };
  }

  /** Tells whoever listens to this window that it was destroyed, which it was not. */
  async sayDestroyed(window: number): Promise<void> {
    const event = Buffer.alloc(32);
    event[0] = DESTROY_NOTIFY;
    event.writeUInt32LE(window, 4);
    event.writeUInt32LE(window, 8);
    this.#x.send(request.sendEvent, 0, Buffer.concat([words(window, STRUCTURE_NOTIFY), event]));
    await this.#settled();
  }

  async #settled(): Promise<void> {
    await this.#x.atom('_NET_WM_PID');
  }

  close(): void {
    this.#x.close();
  }
}
