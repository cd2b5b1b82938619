import { SentenceError } from './sentence.ts';

/**
 * An error with a word for programs: `code` is stable, and of the closed list of the room that throws it; the message is a sentence
 * for people. A room has one class of its own, so that whoever catches one knows its codes.
 */
export abstract class CodedError<Code extends string = string> extends SentenceError {
  readonly code: Code;

  constructor(code: Code, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = new.target.name;
    this.code = code;
  }
}
