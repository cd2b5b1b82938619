/** So many of a kind in so much time: what is beyond is told of once, and then dropped. Pure: the time comes from outside. */
export class Limiter {
  readonly #most: number;
  readonly #withinMs: number;
  #since = -Infinity;
  #count = 0;

  constructor(most: number, withinMs: number) {
    this.#most = most;
    this.#withinMs = withinMs;
  }

  /** @returns `yes` for the first `most`, `flood` for the one after them, then `no` until the time is over. */
  take(now: number): 'yes' | 'flood' | 'no' {
    if (now - this.#since >= this.#withinMs) {
      this.#since = now;
      this.#count = 0;
    }
    this.#count++;
    if (this.#count <= this.#most) return 'yes';
    return this.#count === this.#most + 1 ? 'flood' : 'no';
  }
}

/** One for each kind: a flood of what is harmless hides nothing of another kind. Kinds are of a closed list, because each is kept. */
export class Limiters {
  readonly #most: number;
  readonly #withinMs: number;
  readonly #kinds = new Map<string, Limiter>();

  constructor(most: number, withinMs: number) {
    this.#most = most;
    this.#withinMs = withinMs;
  }

  take(kind: string, now: number): ReturnType<Limiter['take']> {
    let limiter = this.#kinds.get(kind);
    if (!limiter) this.#kinds.set(kind, (limiter = new Limiter(this.#most, this.#withinMs)));
    return limiter.take(now);
  }
}
