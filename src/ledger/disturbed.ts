/** That a ledger was not whole for some time: seen at a look, entered when it is whole again, with the time of that look. */
import type { Entering, Moment } from './entering.ts';
import type { AuditEntry } from './events.ts';

type Detail = Extract<AuditEntry, { readonly action: 'ledger.disturbed' }>['detail'];
/** What can be wrong with a file of a ledger that is in use. */
export type Disturbance = Detail['how'];

export class Disturbances {
  /** By file, what was wrong with it first. */
  readonly #seen = new Map<string, Entering>();

  see(file: Detail['file'], how: Disturbance, at: Moment): void {
    if (!this.#seen.has(file)) this.#seen.set(file, { entry: { action: 'ledger.disturbed', detail: { file, how } }, authority: null, happened: at });
  }

  entries(): readonly Entering[] {
    return [...this.#seen.values()];
  }

  /** They are entered. */
  clear(): void {
    this.#seen.clear();
  }
}
