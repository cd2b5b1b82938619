/** A pty host with everything around it played by the test. */
import { PageKey, type PageChannel } from '../bridge/channel/web.ts';
import { decodeFrame, encodeFrame, type ViewFrame } from '../bridge/frames.ts';
import { prove } from '../proof/proof.ts';
import type { Recipient, RecordingNotice, SegmentOpener, Written } from '../recording/types.ts';
import type { EndReason } from '../types/words.ts';
import { AuditKeyOpener, generateAuditKey } from '../recording/wrap.ts';
import type { RecordingOptions } from '../recording/options.ts';
import { FakeClock } from '../time/clock.fixture.ts';
import { fakeSpawner, type FakePty } from './fake.ts';
import { PtyHost } from './host.ts';
import { FlatLine, type Flat } from '../process/flat.fixture.ts';
import { ptyService, type AttachedPane } from './service.ts';
import type { RecordedPtyWriter } from './recorded-pty.ts';

export const person = 'p-0123456789ab';

/** What the process says, flat: what it tells by its name, an answer by one of these words. */
export const answerWords = {
  spawn: ['spawned', 'spawnFailed'],
  attach: ['challenge', 'attachRefused'],
  proof: ['attached', 'attachRefused'],
  detach: ['detached'],
  endEmergency: ['emergencyEnded'],
  checkpoint: ['checkpointed'],
} as const;

// Of what is said, as far as the tests look into it.
export interface Post extends Flat {
  readonly pane?: number;
  readonly bytes: Uint8Array & number;
  readonly publicKey: Uint8Array;
  readonly sealed: string;
  readonly sentence: string;
  readonly recording: string;
  readonly pid: number;
  readonly panes: Page['panes'];
  readonly notice: RecordingNotice;
}

/** Somebody with a key pair: what a person's open identity is to the pty host. */
export function somebody(): { readonly recipient: Recipient; readonly opener: SegmentOpener } {
  const { file } = generateAuditKey();
  const { d: _, ...jwk } = file.jwk;
  return { recipient: { kid: file.kid, role: 'owner', jwk }, opener: AuditKeyOpener.fromJson(file) };
}
export const owner = somebody();
export const { recipient } = owner;

/** How long a host that never answers is given. */
const PATIENCE_MS = 60_000;

/** Keeps what it is given in the clear, and fails when it is told to. */
class FakeWriter implements RecordedPtyWriter {
  readonly id: string;
  readonly options: RecordingOptions;
  readonly events: { readonly code: string; readonly data: string }[] = [];
  chunks: Buffer[] = [];
  outputBytes = 0;
  readonly waiting = false;
  readonly lostBytes = 0;
  segments = 1;
  syncs = 0;
  ended: EndReason | undefined;
  /** Thrown by every call that writes. */
  failure: Error | undefined;
  readonly #log: string[];
  #size = 2;
  #checkpointed = 0;

  constructor(id: string, options: RecordingOptions, log: string[]) {
    this.id = id;
    this.options = options;
    this.#log = log;
    options.notice({
      kind: 'start',
      recording: id,
      person: options.person,
      recipients: options.recipients.map(({ kid }) => kid),
      policySha256: options.policySha256,
      access: options.access,
    });
  }

  get sealedBytes(): number {
    return this.outputBytes;
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('latin1');
  }

  #write(): void {
    if (this.failure) throw this.failure;
    this.#size++;
  }

  output(chunk: Uint8Array): void {
    this.#write();
    this.#log.push('sealed');
    this.chunks.push(Buffer.from(chunk));
    this.outputBytes += chunk.length;
  }

  event(code: string, data: Uint8Array | string): void {
    this.#write();
    this.events.push({ code, data: Buffer.from(data as string).toString('latin1') });
  }

  rotate(): void {
    this.#write();
    this.segments++;
  }

  get #head(): { size: number; root: string } {
    return { size: this.#size, root: '0'.repeat(64) };
  }

  written(): Written {
    return { outputBytes: this.outputBytes, head: this.#head, starts: [{ segment: 0, outputOffset: 0, size: 0, peaks: [] }] };
  }

  async checkpoint(): Promise<{ size: number; root: string } | undefined> {
    if (this.failure) throw this.failure;
    const head = this.#head;
    if (head.size === this.#checkpointed) return undefined;
    this.#checkpointed = head.size;
    this.syncs++;
    return head;
  }

  flush(): boolean {
    return true;
  }

  flushAtEnd(): boolean {
    return true;
  }

  async end(reason: EndReason, exit?: { code: number; signal: number }): Promise<{ size: number; root: string }> {
    if (!this.failure && exit) this.event('x', JSON.stringify(exit));
    this.ended = reason;
    this.#log.push('ended');
    return this.#head;
  }
}

export class Stage {
  readonly clock = new FakeClock();
  readonly posts: Post[] = [];
  readonly #line = new FlatLine(ptyService, answerWords);
  readonly writers: FakeWriter[] = [];
  readonly ptys: FakePty[];
  /** Order of sealing, showing and ending. */
  readonly log: string[] = [];
  readonly exits: number[] = [];
  readonly host: PtyHost;
  lose: () => void = () => {};
  /** A recording begins when it is resolved: on a disk that takes its time. */
  disk: Promise<void> = Promise.resolve();

  constructor() {
    const { ptys, spawn } = fakeSpawner();
    this.ptys = ptys;
    this.host = new PtyHost({
      link: {
        post: (given) => {
          const message = this.#line.incoming(structuredClone(given)) as Post;
          this.posts.push(message);
          if (message.type === 'frame') this.log.push('shown');
        },
        onMessage: () => {},
        onClose: (listener) => {
          this.lose = listener;
        },
      },
      spawn,
      createWriter: async (options) => {
        await this.disk;
        const writer = new FakeWriter(`recording-${this.writers.length}`, options, this.log);
        this.writers.push(writer);
        return writer;
      },
      clock: this.clock,
      exit: (code) => this.exits.push(code),
    });
  }

  /** Panes that main was told of a shell in, and not of its end. */
  get livePanes(): number {
    return this.count('spawned') - this.count('exit');
  }

  /** A message as a flat object. */
  send(message: Flat): void {
    this.host.receive(this.#line.outgoing(message));
  }

  configure(): void {
    this.send({
      type: 'configure',
      recordingsFolder: '/recordings',
      installation: 'w-0123456789ab',
      policySha256: '0'.repeat(64),
      workstationClass: 'it-office',
      rotateMinutes: 60,
      rotateMebibytes: 64,
      reserveMebibytes: 0,
      version: '0.0.0',
    });
  }

  /** Sends a spawn and waits for its answer. */
  async spawn(pane: number, more: object = {}): Promise<Post> {
    const before = this.posts.length;
    this.send({
      type: 'spawn',
      pane,
      person,
      roles: ['operator'],
      recipients: [recipient],
      command: ['/bin/sh'],
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', HOME: '/' },
      cols: 80,
      rows: 24,
      ...more,
    });
    return this.answer((message) => (message.type === 'spawned' || message.type === 'spawnFailed') && message.pane === pane, before);
  }

  /** The first message after the first `from` that fits; lets the host's promises run until there is one. */
  async answer(fits: (message: Post) => boolean, from = 0): Promise<Post> {
    // Key agreement happens in threads of the system's: it takes turns of the loop that nobody can count.
    for (const end = performance.now() + PATIENCE_MS; performance.now() < end;) {
      const found = this.posts.slice(from).find(fits);
      if (found) return found;
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw new Error(`no such message in ${JSON.stringify(this.posts.slice(from).map(({ type }) => type))}`);
  }

  count(type: string): number {
    return this.posts.filter((message) => message.type === type).length;
  }

  faults(): string[] {
    return this.posts.flatMap((message) => (message.type === 'fault' ? [message.sentence] : []));
  }

  /** A page asks, and is given a challenge. */
  async challenge(key: PageKey, who = person, as = owner, breakGlass: string | null = null): Promise<Post> {
    const before = this.posts.length;
    this.send({ type: 'attach', publicKey: key.publicKey, person: who, method: 'passkey', key: as.recipient.jwk, breakGlass });
    return this.answer(({ type }) => type === 'challenge', before);
  }

  /** What main relays as the vault's answer. */
  prove(proof: Uint8Array): Post {
    const before = this.posts.length;
    this.send({ type: 'proof', proof });
    return this.posts.slice(before).find(({ type }) => type === 'attached' || type === 'attachRefused')!;
  }

  async attach(who = person, as = owner, breakGlass: string | null = null): Promise<Page> {
    const key = await PageKey.generate();
    const { publicKey, sealed } = await this.challenge(key, who, as, breakGlass);
    const answer = this.prove(await prove(as.opener, sealed, { purpose: 'view', person: who, page: key.publicKey, peer: publicKey }));
    if (answer.type !== 'attached') throw new Error('not attached');
    return new Page(this, await key.connect(publicKey), answer.panes, this.posts.length);
  }
}

export class Page {
  readonly #stage: Stage;
  readonly #channel: PageChannel;
  readonly panes: readonly AttachedPane[];
  #seen: number;

  constructor(stage: Stage, channel: PageChannel, panes: Page['panes'], seen: number) {
    this.#stage = stage;
    this.#channel = channel;
    this.panes = panes;
    this.#seen = seen;
  }

  send(frame: ViewFrame): Promise<void> {
    return this.sendBytes(encodeFrame(frame));
  }

  /** Seals bytes that need not be a frame. */
  async sendBytes(bytes: Uint8Array): Promise<void> {
    this.#stage.send({ type: 'frame', bytes: await this.#channel.seal(bytes) });
  }

  type(pane: number, text: string): Promise<void> {
    return this.send({ type: 'input', pane, bytes: Buffer.from(text) });
  }

  /** Opens the frames that have come since the last call. */
  async frames(): Promise<ViewFrame[]> {
    const fresh = this.#stage.posts.slice(this.#seen);
    this.#seen = this.#stage.posts.length;
    const out: ViewFrame[] = [];
    for (const message of fresh) if (message.type === 'frame') out.push(decodeFrame(await this.#channel.open(message.bytes)));
    return out;
  }
}
