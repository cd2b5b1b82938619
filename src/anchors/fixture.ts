/** Shared by tests: a ledger that can grow, be set back and be rewritten, and its signed heads. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INSTALLATION, testSigner, type TestSigner } from '../ledger/fixture.ts';
import { ledgerOrigin, noteKey, signCheckpoint, type NoteKey } from '../ledger/note.ts';
import { MLDSA44, openMldsa44 } from '../crypto/mldsa.ts';
import { leafHash, MerkleTree } from '../merkle/tree.ts';
import type { History } from './relation.ts';
import type { AnchorHead } from './types.ts';

export const temporary = (): string => mkdtempSync(join(tmpdir(), 'wardmux-anchors-'));

export const START = Date.parse('2026-11-22T08:15:00.000Z');

export class TestLedger {
  readonly installation: string;
  readonly #second = openMldsa44(Buffer.alloc(MLDSA44.seed, 7));
  /** Of two halves: what goes to an anchor has both signatures. */
  readonly signer: TestSigner = { ...testSigner(), second: { publicKey: this.#second.publicKey, sign: async (bytes: Uint8Array) => this.#second.sign(bytes) } };
  readonly key: NoteKey;
  events: string[] = [];

  constructor(installation = INSTALLATION) {
    this.installation = installation;
    this.key = noteKey(ledgerOrigin(installation), this.signer.publicKey, this.#second.publicKey);
  }

  /** Milliseconds since 1970, of each event. */
  readonly #times: number[] = [];

  grow(count: number, word = 'event', atMs = START): void {
    for (let n = 0; n < count; n++) {
      this.#times[this.events.length] = atMs;
      this.events.push(`${word} ${this.events.length}`);
    }
  }

  rootAt: History['rootAt'] = async (size) => (size > this.events.length ? undefined : this.#tree(size).head().root);

  history: History = {
    rootAt: (size) => this.rootAt(size),
    timeOf: async (seq) => (seq < this.events.length ? this.#times[seq] : undefined),
  };

  async head(atMs = START): Promise<AnchorHead> {
    const head = this.#tree(this.events.length).head();
    const time = new Date(atMs).toISOString();
    const note = await signCheckpoint(head, time, this.key, this.signer);
    return { ...head, time, note, half: false };
  }

  #tree(size: number): MerkleTree {
    const tree = new MerkleTree();
    for (const event of this.events.slice(0, size)) tree.append(leafHash(Buffer.from(event)));
    return tree;
  }
}
