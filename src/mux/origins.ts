/**
 * Where copied text comes from. The clipboard belongs to every program of the desktop and says nothing of that, so digests of what was copied in a
 * pane are remembered with the pane's class, and what is to be pasted is looked up by them. Pure: who digests hands the digests in.
 */
import { filterPaste } from './paste.ts';
import { crossing, MOST_LINES, type ClassRules, type Crossing } from '../types/classes.ts';

/** Shorter lines say nothing of where they come from: many a prompt has them. */
const SHORTEST_LINE = 8;
/** Digests in all, oldest forgotten first: some MB. */
const MOST_DIGESTS = 50_000;

/**
 * What of a text is digested: the whole first, then its lines, so that a part of what was copied is known as well. As a paste
 * has it: without what the filter takes out, one kind of line end, none at the end.
 */
export function piecesOf(text: string): string[] {
  const whole = filterPaste(text).text.replace(/\r\n?/g, '\n').replace(/\s+$/, '');
  const lines = whole.split('\n').map((line) => line.trim());
  return [whole, ...new Set(lines.filter((line) => line.length >= SHORTEST_LINE && line !== whole).slice(0, MOST_LINES))];
}

export class Origins {
  /** Class by digest, oldest first. */
  readonly #classes = new Map<string, string>();

  get size(): number {
    return this.#classes.size;
  }

  /** Text was copied in a pane of this class. The last copy of a text is the one that counts. */
  copied(digests: readonly string[], from: string): void {
    for (const digest of digests) {
      this.#classes.delete(digest);
      this.#classes.set(digest, from);
    }
    for (const digest of this.#classes.keys()) {
      if (this.#classes.size <= MOST_DIGESTS) break;
      this.#classes.delete(digest);
    }
  }

  /** The classes that a text comes from: that of the whole where it is known, else those of its lines. Empty: from elsewhere, as far as anybody knows. */
  of([whole, ...lines]: readonly string[]): ReadonlySet<string> {
    const known = whole === undefined ? undefined : this.#classes.get(whole);
    return new Set(known === undefined ? lines.flatMap((line) => this.#classes.get(line) ?? []) : [known]);
  }

  /** What pasting it into a class would be: each class that it comes from and is not that one. Where one is not allowed, nothing of it may go. */
  pasted(digests: readonly string[], to: string, rules: ClassRules): readonly Crossing[] {
    return [...this.of(digests)].flatMap((from) => crossing(rules, from, to, 'paste') ?? []);
  }
}
