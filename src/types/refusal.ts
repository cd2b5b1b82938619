import { SentenceError } from './sentence.ts';

/** A refusal that may be shown to people, and passed on from one process to another. `code` is stable, the message is a sentence. */
export class Refusal extends SentenceError {
  override name = 'Refusal';
  readonly code: string;

  constructor(code: string, sentence: string) {
    super(sentence);
    this.code = code;
  }
}
