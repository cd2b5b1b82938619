/** A person's own configuration of tmux's: where it lies, what is taken of it, and that it is done again at the next start. Nothing is read unasked. */
import { statSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { readText } from '../../src/disk/text.ts';
import type { Context } from '../../src/mux/commands/command.ts';
import { confPath, confPlaces } from '../../src/mux/conf/path.ts';
import { confSentence, MOST_CONF, takeAgain, takeConf, withFile, type ConfSurroundings } from '../../src/mux/conf/take.ts';
import type { ConfFile, State } from '../../src/mux/state/model.ts';
import { sentenceOf } from '../../src/types/sentence.ts';

export class Configuration {
  readonly #surroundings: ConfSurroundings;

  /** @param env of the app: its HOME is where files are looked for, and $NAME in a file is of it */
  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#surroundings = { variables: env, home: env['HOME'] || homedir(), host: hostname() };
  }

  /** For somebody of whom nothing was kept: how what lies there is taken. Undefined where nothing does. */
  offer(): string | undefined {
    const found = confPlaces.find((place) => statSync(join(this.#surroundings.home, place.slice(2)), { throwIfNoEntry: false })?.isFile());
    return found && `There is a ${found}. To take its options and keys give this at the prompt: source-file ${found}`;
  }

  /** @returns the state with what could be taken of the file, or as it is, and what a person reads of that */
  take(state: State, wanted: string, context: Context): { readonly state: State; readonly sentence: string } {
    const place = confPath(wanted, this.#surroundings.home);
    if (!place.ok) return { state, sentence: place.sentence };
    const { path, shown } = place.value;
    try {
      const text = readText(path, MOST_CONF);
      if (text === undefined) return { state, sentence: `There is no ${shown}.` };
      const report = takeConf(state, text, this.#surroundings, context);
      return { state: report.ok ? withFile(report.state, { path: shown, text: report.kept }) : state, sentence: confSentence(shown, report) };
    } catch (error) {
      return { state, sentence: sentenceOf(error) };
    }
  }

  /** Does again what was taken before. */
  again(state: State, files: readonly ConfFile[], context: Context): State {
    return files.length === 0 ? state : takeAgain(state, files, this.#surroundings, context);
  }
}
