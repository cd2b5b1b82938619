/** What a band is: a name, what it has to be given, and what draws it. Each file of this folder has one; all.ts has a line for each. */
import type { FunctionComponent, JSX } from 'preact';
import type { Controller } from '../controller.ts';
import type { OpenBand } from '../model.ts';
import type { AskedPaste } from '../paste.ts';

/** What a band cannot do without. A command gives it (`opens`, or the client action `open`), or the page. */
interface Takes {
  readonly pane?: true;
  readonly pasted?: true;
  /** Texts, each by its name. */
  readonly words?: readonly string[];
  /** Texts that it can do without. */
  readonly may?: readonly string[];
}

type Props<T extends Takes> = { readonly controller: Controller; readonly from: readonly string[] } & (T extends { readonly pane: true }
  ? { readonly pane: number }
  : unknown) &
  (T extends { readonly pasted: true } ? { readonly pasted: AskedPaste } : unknown) &
  (T extends { readonly words: readonly (infer Word extends string)[] } ? { readonly [W in Word]: string } : unknown) &
  (T extends { readonly may: readonly (infer Word extends string)[] } ? { readonly [W in Word]?: string } : unknown);

export interface BandRow {
  readonly name: string;
  /** Undefined where it was not given all that it takes. */
  readonly draw: (controller: Controller, given: OpenBand) => JSX.Element | undefined;
}

/** A band's row. @param name what a command says in `opens`. */
export function band<const T extends Takes>(name: string, takes: T, Component: FunctionComponent<Props<T>>): BandRow {
  return {
    name,
    draw: (controller, given) => {
      const { pane, pasted, words = {}, from = [] } = given;
      const whole = (!takes.pane || pane !== undefined) && (!takes.pasted || pasted) && (takes.words ?? []).every((word) => words[word] !== undefined);
      const props = { controller, pane, pasted, from, ...words } as unknown as Props<T>;
      // Each opening begins anew: a prompt that follows a prompt has not its words.
      return whole ? <Component key={given} {...props} /> : undefined;
    },
  };
}
