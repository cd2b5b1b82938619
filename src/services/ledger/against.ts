/** What a collector wrote down, compared with the ledger: whether every event that it has is ours, in order, and none between them is missing. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { LedgerError } from '../../ledger/errors.ts';
import { readLedgerGently } from '../../ledger/read.ts';
import { CollectorComparison, type Comparison } from '../../sinks/collected.ts';
import type { OpenInstallation } from '../installation/installation.ts';

/** @param file of the collector, a message a line. @throws LedgerError where the ledger does not hold, and what the system says of the file */
export async function compareCollected({ home, installation, noteKey }: OpenInstallation, file: string): Promise<Comparison> {
  const comparison = new CollectorComparison(installation.id);
  for await (const line of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity })) comparison.line(line);
  const { faults } = await readLedgerGently(home.ledger, noteKey, {
    signatures: 'last',
    onEvent: (_event, _line, _offset, leaf) => comparison.leaf(leaf.toString('hex')),
  });
  const fault = faults.find(({ code }) => code !== 'unvouched');
  if (fault) throw new LedgerError('corrupt', `${fault.message} Nothing is compared with a ledger that does not hold.`);
  return comparison.result();
}

const list = (numbers: readonly number[], all = numbers.length): string =>
  `${numbers.join(', ')}${all > numbers.length ? ` and ${all - numbers.length} more` : ''}`;

/** A sentence, and whether it is good: everything between the first event and the newest of the file is there and is ours. */
export function collectedVerdict(file: string, found: Comparison): { readonly code: 'good' | 'diverged' | 'not-anchored'; readonly sentence: string } {
  const { events, different, missing, missingCount, behind } = found;
  if (different.length > 0)
    return {
      code: 'diverged',
      sentence: `${file} has events that this ledger does not have so: ${list(different)}. One of both was changed, or the ledger was set back or rewritten.`,
    };
  if (events === 0) return { code: 'not-anchored', sentence: `${file} has no event of this ledger.` };
  if (missingCount > 0)
    return {
      code: 'not-anchored',
      sentence: `${file} has ${events} events of this ledger, and between them ${missingCount} are missing: ${list(missing, missingCount)}.`,
    };
  return {
    code: 'good',
    sentence: `${file} has the first ${events} events of this ledger, each as the ledger has it${behind > 0 ? `; ${behind} have come since` : ''}.`,
  };
}
