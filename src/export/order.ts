/**
 * What may follow what in a recording, whoever sealed it: one start, one end, times that go on, a size after each rotation.
 * Each method gives undefined, or in one sentence what is wrong. docs/format.md, "Order of events", is normative.
 */
import { isEventData, readEndReason } from '../recording/facts.ts';
import type { EventCode, RecordingEvent } from '../recording/types.ts';

export interface Wrong {
  readonly code: 'bad-events' | 'bad-time';
  readonly detail: string;
}

export class EventOrder {
  #monoNs = 0n;
  #timeUs = 0;
  #segment = -1;
  /** The event that has to come first in the next record. */
  #due: 's' | 'r' | undefined;
  #started = false;
  #exited = false;
  #ended = false;

  /** The recording has its end event. */
  get ended(): boolean {
    return this.#ended;
  }

  /** A frame, before its pieces. */
  frame(seq: number, monoNs: bigint, isHeader: boolean): Wrong | undefined {
    if (monoNs < this.#monoNs) return { code: 'bad-time', detail: `Record ${seq} is older than the one before it.` };
    this.#monoNs = monoNs;
    if (this.#ended) return { code: 'bad-events', detail: `Record ${seq} stands after the end of the recording.` };
    if (!isHeader) return undefined;
    if (this.#due) return { code: 'bad-events', detail: `Record ${seq} begins a segment, and the one before it holds no record.` };
    this.#segment += 1;
    this.#due = this.#segment === 0 ? 's' : 'r';
    return undefined;
  }

  /** A piece of the present record, disclosed or not. */
  piece(seq: number, code: string): Wrong | undefined {
    const wrong = (why: string): Wrong => ({ code: 'bad-events', detail: `Record ${seq} ${why}.` });
    if (this.#ended) return wrong('goes on after the end of the recording');
    if (this.#due && code !== this.#due)
      return wrong(
        this.#due === 's'
          ? 'is the first of the recording, and does not begin with its start'
          : 'is the first of a segment, and does not begin with the size of the terminal',
      );
    if (code === 's' && this.#started) return wrong('holds a second start');
    // The size at the beginning of a segment may come between the exit and the end, and nothing else does.
    if (this.#exited && code !== 'e' && this.#due !== 'r') return wrong('goes on after the exit of the program');
    this.#due = undefined;
    if (code === 's') this.#started = true;
    if (code === 'x') this.#exited = true;
    if (code === 'e') this.#ended = true;
    return undefined;
  }

  /** The event of a disclosed piece: its time, and for all but the text of an output its data. */
  event(seq: number, code: EventCode, timeUs: number, event?: RecordingEvent): Wrong | undefined {
    if (timeUs < this.#timeUs) return { code: 'bad-time', detail: `An event of record ${seq} is older than the one before it.` };
    if (BigInt(timeUs) * 1000n > this.#monoNs) return { code: 'bad-time', detail: `An event of record ${seq} is younger than its record.` };
    this.#timeUs = timeUs;
    if (event && !isEventData(code, event.data)) return { code: 'bad-events', detail: `An event of record ${seq} holds what its kind does not have.` };
    if (event && code === 'e' && readEndReason(event.data) === 'exit' && !this.#exited)
      return { code: 'bad-events', detail: `Record ${seq} ends the recording with the exit of its program, and none stands before it.` };
    return undefined;
  }
}
