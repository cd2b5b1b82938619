/** Of an event leaves what the table allows and nothing else, in a message that RFC 5424 knows. */
import { expect, test } from 'vitest';
import fc from 'fast-check';
import '../../test/support/properties.ts';
import { everyEvent, testEvent } from '../ledger/fixture.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { eventMessage } from './message.ts';

const leaf = 'ab'.repeat(32);
const CANARY = 'Quillfeather';
const ada = 'p-0a1b2c3d4e5f';

/** RFC 5424, section 6, as far as ours go: a header, elements, a text; all of it printable ASCII. */
const MESSAGE =
  /^<(84|85)>1 \d{4}-\d\d-\d\dT\S+Z [!-~]{1,255} wardmux - [!-~]{1,32} (?:\[[a-zA-Z0-9@]{1,32}(?: [^\s="\]]{1,32}="(?:[^"\\\]]|\\["\\\]])*")+\])+ [ -~]+$/;

test('every event of the table is a message that stands by itself, under 8 KiB, without a signature', () => {
  for (const event of everyEvent(ada)) {
    const text = eventMessage(event, leaf, 'ws7');
    expect(text).toMatch(MESSAGE);
    expect(text).toContain(`id="w-0123456789ab/7" installation="w-0123456789ab" seq="7" leaf="${leaf}" action="${event.action}"`);
    expect(Buffer.byteLength(text)).toBeLessThan(8192);
    for (const name of ['signature', 'byKey', 'secondKey', 'secondSignature', 'formerKey']) expect(text).not.toContain(`${name}=`);
    expect(text.startsWith('<84>')).toBe(/ outcome="failure"/.test(text));
  }
});

test('no field that the table does not have, no value that its type does not allow, and nothing that opens heads gets out', () => {
  const everywhere: LedgerEvent[] = [
    testEvent(1, { action: 'lock', detail: { cause: CANARY, note: CANARY } }),
    testEvent(2, { action: `ward.${CANARY}`, person: ada, detail: { cause: CANARY } }),
    testEvent(3, { action: 'unlock', person: ada, outcome: 'failure', detail: { reason: CANARY, method: 'passphrase', failures: 3 } }),
    testEvent(4, { action: 'person.roles', person: ada, detail: { roles: [CANARY], by: CANARY, byKey: CANARY } }),
    { ...testEvent(5, { action: 'recording.heads', heads: [{ recording: `20261122-081500-0a1b2c3d`, size: 3, root: 'cd'.repeat(32) }] }) },
    { ...testEvent(6, { action: 'app.stop' }), extra: CANARY } as LedgerEvent,
  ];
  for (const event of everywhere) {
    const text = eventMessage(event, leaf, 'ws7');
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain('20261122-081500');
  }
  expect(eventMessage(everywhere[2]!, leaf, 'ws7')).toContain('method="passphrase" failures="3"');
  expect(eventMessage(everywhere[1]!, leaf, 'ws7')).toContain('action="unknown" outcome="unknown"');
});

const hostile = fc.string({ unit: fc.constantFrom('"', '\\', ']', '[', '=', ' ', 'a', '7', '\n', '\0', 'é', '\u{1f600}', '\ud800'), maxLength: 40 });

test('whatever stands where an id should, nobody ends a value or a line with it', () => {
  fc.assert(
    fc.property(hostile, hostile, (credential, host) => {
      const event = { ...testEvent(1, { action: 'app.stop' }), credential };
      expect(eventMessage(event, leaf, host)).toMatch(MESSAGE);
    }),
  );
});
