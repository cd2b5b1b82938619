/**
 * The page that sees and types: the one at the other end of a sealed channel whose person has proven the key that the shells
 * belong to, for as long as main renews its lease. Nobody while Wardmux is locked.
 */
import { PeerChannel } from '../bridge/channel/node.ts';
import { ChannelError } from '../bridge/channel/wire.ts';
import { encodeFrame, type ViewFrame } from '../bridge/frames.ts';
import { Lease } from '../bridge/lease.ts';
import type { OutputOf } from '../process/service.ts';
import { Challenge } from '../proof/proof.ts';
import { thumbprint } from '../recording/wrap.ts';
import { Refusal } from '../types/refusal.ts';
import { sentenceOf } from '../types/sentence.ts';
import type { Clock } from '../time/clock.ts';
import type { PaneShell } from './pane-shell.ts';
import type { PtyInput, PtyService } from './service.ts';

/** The vault answers a challenge in some milliseconds; what comes this late is not its answer. */
export const challengeMs = 10_000;

interface View {
  readonly channel: PeerChannel;
  readonly person: string;
  /** Thumbprint of the key that was proven. */
  readonly owner: string;
  /** The emergency that they are in. */
  readonly breakGlass: string | null;
  readonly lease: Lease;
}

/** A page that wants to be the view, and has to prove it. */
interface Candidate extends Omit<View, 'lease'> {
  readonly page: Uint8Array;
  readonly method: string;
  readonly why: PtyInput<'attach'>['why'];
  challenge: Challenge | undefined;
}

export interface PageViewParts {
  readonly clock: Clock;
  /** Takes why a message of the page counts for nothing. */
  readonly refuse: (why: string) => void;
  /** Nobody sees any more, and what was on its way is to be wiped. */
  readonly dropped: () => void;
  /** Main is silent: it has been stopped, and would not lock. */
  readonly silent: () => void;
}

export class PageView {
  readonly #parts: PageViewParts;
  #view: View | undefined;
  /** The page that was given a challenge. */
  #candidate: Candidate | undefined;
  #endWatch: () => void = () => {};

  constructor(parts: PageViewParts) {
    this.#parts = parts;
  }

  /** Whether there is a page whose person these shells belong to: in an emergency those of that one, and else none of any. */
  sees({ person, owner, opened }: Pick<PaneShell, 'person' | 'owner' | 'opened'>): boolean {
    return this.#view?.person === person && this.#view.owner === owner && this.#view.breakGlass === opened.breakGlass;
  }

  /** A page wants to see: it gets a channel that nothing goes through yet, and a challenge for the owner's identity. @throws Refusal */
  async challenge({ publicKey, person, method, key, breakGlass = null, why }: PtyInput<'attach'>): Promise<OutputOf<PtyService, 'attach'>> {
    let candidate: Candidate;
    try {
      const channel = new PeerChannel(publicKey);
      // Whoever saw before does not see any more, whatever comes of this.
      this.drop();
      candidate = { channel, page: publicKey, person, method, owner: thumbprint(key), breakGlass, why, challenge: undefined };
      this.#candidate = candidate;
      candidate.challenge = await Challenge.to(key);
    } catch (error) {
      this.#dropCandidate();
      this.#parts.refuse(`attach: ${sentenceOf(error)}`);
      throw new Refusal('bad-key', 'This page has no key that anything could be sealed to.');
    }
    const { challenge } = candidate;
    if (this.#candidate !== candidate) {
      challenge.drop();
      throw notProven('no-challenge');
    }
    this.#parts.clock.after(challengeMs, () => {
      if (this.#candidate === candidate) this.#dropCandidate();
    });
    return { publicKey: candidate.channel.publicKey, sealed: challenge.sealed };
  }

  #dropCandidate(): void {
    this.#candidate?.challenge?.drop();
    this.#candidate?.channel.close();
    this.#candidate = undefined;
  }

  /** The page that was asked has answered, and is the view from here on. @throws Refusal where the answer is wrong */
  prove(proof: Uint8Array): { readonly person: string; readonly method: string; readonly why: PtyInput<'attach'>['why'] } {
    const candidate = this.#candidate;
    const { challenge } = candidate ?? {};
    if (!candidate || !challenge) throw notProven('no-challenge');
    const { channel, person, owner, breakGlass, method, why, page } = candidate;
    if (!challenge.accepts(proof, { purpose: 'view', person, page, peer: channel.publicKey })) {
      this.#dropCandidate();
      throw notProven('wrong-proof');
    }
    this.#candidate = undefined;
    const view = { channel, person, owner, breakGlass, lease: new Lease(this.#parts.clock.now()) };
    this.#view = view;
    this.#watchLease(view);
    return { person, method, why };
  }

  #watchLease(view: View): void {
    const { clock, silent } = this.#parts;
    this.#endWatch();
    const left = view.lease.left(clock.now());
    if (left === 0) return silent();
    this.#endWatch = clock.after(left, () => {
      if (view === this.#view) this.#watchLease(view);
    });
  }

  /** This process is awake: it looks now, and is not woken for it later. */
  renewLease(): void {
    if (!this.#view) return;
    this.#view.lease.renew(this.#parts.clock.now());
    this.#watchLease(this.#view);
  }

  /** From here on nothing is shown and nobody types: the key is gone. */
  drop(): void {
    this.#dropCandidate();
    this.#endWatch();
    this.#view?.channel.close();
    this.#view = undefined;
    this.#parts.dropped();
  }

  /** Seals a frame for the page. The head and the parts are sealed one after the other: no copy of output in the clear is made. Undefined where nobody sees. */
  seal(head: ViewFrame, parts: readonly Uint8Array[]): Uint8Array | undefined {
    return this.#view?.channel.seal(encodeFrame(head), ...parts);
  }

  /** What the page has sealed; the caller wipes it. Undefined, and refused, where it does not open. */
  open(bytes: Uint8Array): Buffer | undefined {
    if (!this.#view) {
      this.#parts.refuse('a frame came while the workspace is locked');
      return undefined;
    }
    try {
      return this.#view.channel.open(bytes);
    } catch (error) {
      this.#parts.refuse(error instanceof ChannelError ? error.message : 'a frame did not open');
      return undefined;
    }
  }
}

const notProven = (code: 'no-challenge' | 'wrong-proof'): Refusal => new Refusal(code, 'That the owner of these shells is in was not proven.');
