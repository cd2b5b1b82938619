import { expect, test } from 'vitest';
import { ledgerFaultCodes } from '../../ledger/read.ts';
import { faultSentence } from './verdicts.ts';

test.each(ledgerFaultCodes)('a ledger with the fault %s is not only called bad: the sentence says what to do about it', (code) => {
  const said = faultSentence({ code, file: 'events.jsonl', line: 7, message: 'Line 7 is wrong.' }, '/data');
  expect(said).toMatch(/^Line 7 is wrong\. .* tell whoever audits this workstation\.$/);
  // What an append that was cut off left there the next start settles: nobody restores a backup for it.
  expect(said.includes('Keep a copy of /data for the audit, restore the newest backup')).toBe(code !== 'unvouched');
});
