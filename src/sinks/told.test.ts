/** Of an alert leaves what the table of rules says of it and its numbers, in a mail and in a document; and nothing of an event, whatever it has. */
import { expect, test } from 'vitest';
import { ruleHelp, ruleNames } from '../alerts/absences.ts';
import type { Alert } from '../alerts/evaluate.ts';
import { alertMail, testMail } from './mail-text.ts';
import { sentenceOfTold, toldAlert, type AlertTelling } from './told.ts';

const CANARY = 'Quillfeather';
const person = 'p-0a1b2c3d4e5f';
const alert = (rule: Alert['rule']): Alert => ({
  rule,
  seq: 42,
  severity: 'page',
  owner: 'security',
  raised: '2026-11-29T02:00:00.000Z',
  due: '2026-11-29T06:00:00.000Z',
  about: [person, CANARY],
  hosts: ['lab.example.org', `${CANARY} lab`],
  events: [41, 42],
  count: 2,
  last: '2026-11-29T02:00:00.000Z',
  closed: { by: CANARY, time: CANARY, seq: 43, note: CANARY },
});
const who = { installation: 'w-0123456789ab', host: 'ws7' };
const parts = { from: 'wardmux@example.org', to: ['a@example.org', 'b@example.org'], date: new Date('2026-11-29T02:00:05.000Z') };
const all: AlertTelling = { tells: ['host', 'people', 'ssh-hosts'] };

test('every alert is a mail of printable ASCII, none of whose lines is long, with what leaves and nothing else', () => {
  for (const rule of ruleNames) {
    const told = toldAlert({ ...alert(rule), [CANARY]: CANARY } as Alert, all, who);
    const text = alertMail(parts, told);
    expect(text, rule).toMatch(/^(?:[ -~]{0,120}\n)+$/);
    expect(text.replaceAll(/\n +/g, ' ')).toContain(`Looks for: ${ruleHelp(rule)}`.replaceAll(/[‘’]/g, "'").slice(0, 60));
    for (const each of [text, JSON.stringify(told), sentenceOfTold(told)]) expect(each).not.toContain(CANARY);
    expect(told.people).toEqual([person]);
  }
});

test('where and whose only where the row says so, each by itself', () => {
  const quiet = toldAlert(alert('spray'), {}, who);
  expect(Object.keys(quiet).toSorted()).toEqual(['due', 'events', 'help', 'id', 'installation', 'owner', 'raised', 'rule', 'seq', 'severity']);
  for (const text of [alertMail(parts, quiet), sentenceOfTold(quiet)]) {
    expect(text).not.toContain('ws7');
    expect(text).not.toContain(person);
    expect(text).not.toContain('lab');
  }
  const named = toldAlert(alert('spray'), { tells: ['ssh-hosts'] }, who);
  expect(named).toMatchObject({ sshHosts: ['lab.example.org'] });
  expect([named.host, named.people]).toEqual([undefined, undefined]);
  expect(alertMail(parts, named)).toContain('\nSSH host:  lab.example.org\n');
  expect(sentenceOfTold(named)).toBe('Wardmux alert spray (cannot wait), event 42 of w-0123456789ab, SSH host lab.example.org.');
  expect(alertMail(parts, { ...named, sshHosts: [] })).not.toContain('SSH');
  expect(toldAlert(alert('spray'), { tells: ['host'] }, who)).toMatchObject({ host: 'ws7' });
  expect(toldAlert(alert('spray'), { tells: ['host'] }, who)).not.toHaveProperty('people');
  expect(toldAlert(alert('spray'), { tells: ['people'] }, who)).not.toHaveProperty('host');
});

test('what comes twice has one Message-ID, another alert another one, and a host’s name ends no header', () => {
  const idOf = (text: string): string => /^Message-ID: (.*)$/m.exec(text)![1]!;
  const first = alertMail(parts, toldAlert(alert('spray'), all, who));
  expect(idOf(first)).toBe('<w-0123456789ab.42.spray@example.org>');
  expect(idOf(alertMail({ ...parts, date: new Date(0) }, toldAlert(alert('spray'), {}, who)))).toBe(idOf(first));
  expect(idOf(alertMail(parts, toldAlert(alert('tampered'), all, who)))).not.toBe(idOf(first));
  expect(first).toContain('Date: Sun, 29 Nov 2026 02:00:05 +0000\n');
  expect(first).toContain('To: a@example.org,\n b@example.org\n');
  const hostile = alertMail(parts, toldAlert(alert('spray'), all, { ...who, host: 'ws7\r\nBcc: x@example.org\n\n.\n' }));
  expect(hostile).not.toMatch(/^Bcc|^\.$/m);
  expect(idOf(testMail(parts, { installation: who.installation, time: '2026-11-29T02:00:00.000Z' }))).toBe(
    '<w-0123456789ab.test-20261129020000000@example.org>',
  );
});
