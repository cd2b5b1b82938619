/** An event as CEF: a header of eight fields and an extension, read back by a reader that goes by the format's guide and knows nothing of how it was written. */
import { expect, test } from 'vitest';
import fc from 'fast-check';
import '../../test/support/properties.ts';
import { everyEvent, testEvent } from '../ledger/fixture.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { eventCef, testCef } from './cef.ts';
import { eventDocument } from './document.ts';
import { messageForms } from './message.ts';

const leaf = 'ab'.repeat(32);
const CANARY = 'Quillfeather';
const ada = 'p-0a1b2c3d4e5f';

/** Seven bars that no backslash stands before end the header; a value ends where a space, a key of letters and digits, and an equals sign begin. */
function read(text: string): { readonly header: string[]; readonly extension: Record<string, string> } {
  const parts: string[] = [''];
  let at = 0;
  for (; at < text.length && parts.length < 8; at++) {
    if (text[at] === '\\') parts[parts.length - 1] += text[++at]!;
    else if (text[at] === '|') parts.push('');
    else parts[parts.length - 1] += text[at]!;
  }
  const extension: Record<string, string> = {};
  const rest = text.slice(at);
  const keys = [...rest.matchAll(/(?:^|(?<= ))([A-Za-z0-9]+)=/g)];
  for (const [n, key] of keys.entries()) {
    const value = rest.slice(key.index + key[0].length, keys[n + 1] ? keys[n + 1]!.index - 1 : undefined);
    expect(Object.hasOwn(extension, key[1]!), key[1]!).toBe(false);
    extension[key[1]!] = value.replace(/\\([\\=])/g, '$1');
  }
  return { header: parts.slice(0, 7), extension };
}

test('every event of the table is one line that is read back, says what its document says, and has no signature', () => {
  for (const event of everyEvent(ada)) {
    const text = eventCef(event, leaf, 'ws7');
    expect(text).toMatch(/^CEF:0\|Wardmux\|Wardmux\|[ -~]+$/);
    const { header, extension } = read(text);
    expect(header).toHaveLength(7);
    expect(header[4]).toBe(event.action);
    expect(Number(header[6])).toBeGreaterThanOrEqual(0);
    expect(extension).toMatchObject({
      externalId: 'w-0123456789ab/7',
      deviceExternalId: 'w-0123456789ab',
      cn1: '7',
      cn1Label: 'seq',
      cs1: leaf,
      cs1Label: 'leaf',
      act: event.action,
    });
    expect(extension['rt']).toMatch(/^\d{13}$/);
    const document = JSON.parse(eventDocument(event, leaf, 'ws7').line) as { event: { outcome: string }; wardmux: { detail?: Record<string, unknown> } };
    expect(extension['outcome']).toBe(document.event.outcome);
    const details = Object.entries(extension).flatMap(([key, value]) => (key.startsWith('WardmuxDetail') ? [[key.slice(13), value] as const] : []));
    expect(details).toEqual(
      Object.entries(document.wardmux.detail ?? {}).map(([key, value]) => [
        key.charAt(0).toUpperCase() + key.slice(1),
        Array.isArray(value) ? value.join(',') : String(value),
      ]),
    );
    for (const name of ['ignature', 'byKey', 'secondKey', 'formerKey'])
      expect(
        Object.keys(extension).some((key) => key.includes(name)),
        name,
      ).toBe(false);
    const message = messageForms.cef.event(event, leaf, 'ws7');
    expect(message).toMatch(/^<8[45]>1 \d{4}-\S+Z ws7 wardmux - [!-~]{1,32} - CEF:0\|/);
    expect(message.endsWith(text)).toBe(true);
  }
});

test('no field that the table does not have, and no value that its type does not allow, gets out', () => {
  const everywhere: LedgerEvent[] = [
    testEvent(1, { action: 'lock', detail: { cause: CANARY, note: CANARY } }),
    testEvent(2, { action: `ward.${CANARY}`, person: ada, detail: { cause: CANARY } }),
    testEvent(3, { action: 'person.roles', person: ada, detail: { roles: [CANARY], by: CANARY, byKey: CANARY } }),
    { ...testEvent(4, { action: 'app.stop' }), extra: CANARY } as LedgerEvent,
  ];
  for (const event of everywhere) expect(eventCef(event, leaf, 'ws7')).not.toContain(CANARY);
});

test('whatever a host is called and a value says, it is one line, and no field or key that is not ours begins in it', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc
      .array(fc.constantFrom('|', '\\', '=', ' ', '\n', '\r', 'act=', ' suid=p-000000000000', 'CEF:0|', ']', '"', 'ü'), { maxLength: 12 })
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(hostile, hostile, hostile, (host, installation, credential) => {
      const event = { ...testEvent(7, { action: 'app.stop' }), installation, credential } as unknown as LedgerEvent;
      const text = eventCef(event, leaf, host);
      expect(text).toMatch(/^[ -~]+$/);
      const { header, extension } = read(text);
      expect(header.slice(0, 3)).toEqual(['CEF:0', 'Wardmux', 'Wardmux']);
      expect(header[4]).toBe('app.stop');
      const plain = (value: string): string => value.replace(/[^ -~]/g, '?');
      // A space and a word before an equals sign are read as a key unless the sign is escaped, which it is.
      expect(extension['deviceExternalId']).toBe(plain(installation));
      expect(extension['WardmuxCredential'] ?? '').toBe(plain(credential));
      expect(extension['act']).toBe('app.stop');
      expect(extension).not.toHaveProperty('suid');
    }),
    { numRuns: 2000 },
  );
});

test('a test is no event, and says so', () => {
  const { header, extension } = read(testCef('w-0123456789ab', '2026-11-29T02:00:00.000Z', 'ws7'));
  expect(header[4]).toBe('test');
  expect(extension).not.toHaveProperty('externalId');
  expect(extension['msg']).toBe('A test of w-0123456789ab: no event.');
});
