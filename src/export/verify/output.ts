/** How much output there is, with pieces withheld or without. */

/** Output counted against what each segment says was before it. */
export class OutputCount {
  /** Segment whose header counts other output before it than there is, if any. */
  wrong: number | undefined;
  #before = 0;
  #disclosed = 0;
  #withheld = 0;

  header(segment: number, outputOffset: number): void {
    if (!this.fits(outputOffset)) this.wrong ??= segment;
    this.#before = outputOffset;
    this.#disclosed = 0;
    this.#withheld = 0;
  }

  disclose(bytes: number): void {
    this.#disclosed += bytes;
  }

  withhold(): void {
    this.#withheld += 1;
  }

  /** Whether so many bytes in all can be the output up to here. A withheld piece has one byte or more. */
  fits(total: number): boolean {
    const least = this.#before + this.#disclosed + this.#withheld;
    return this.#withheld > 0 ? total >= least : total === least;
  }
}
