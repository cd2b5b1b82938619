/** An alert as a mail (RFC 5322): plain text, all ASCII, and of the alert what leaves (told.ts). Pure. */
import { LOOK, type ToldAlert } from './told.ts';

export interface MailParts {
  readonly from: string;
  readonly to: readonly string[];
  /** When it is written. */
  readonly date: Date;
}

/** So wide is a line; RFC 5322 has 998 at most. */
const WIDTH = 76;

const ascii = (text: string): string =>
  text
    .replace(/[‘’]/g, "'")
    .replace(/[“”]/g, '"')
    .replace(/[^ -~\n]/g, '?');

/** Words of a sentence on lines. */
function wrapped(text: string, before: string): string {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1)!;
    if (last !== '' && before.length + last.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join(`\n${before}`);
}

/** RFC 5322, 3.3. */
const dateOf = (date: Date): string => date.toUTCString().replace(/GMT$/, '+0000');
/** The part of an address behind its @: whose ids these are. */
const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);

const mail = ({ from, to, date }: MailParts, id: string, subject: string, body: readonly string[]): string =>
  ascii(
    [
      `Date: ${dateOf(date)}`,
      `From: Wardmux <${from}>`,
      `To: ${to.join(',\n ')}`,
      `Message-ID: <${id.replaceAll('/', '.')}@${domainOf(from)}>`,
      `Subject: ${subject}`,
      // RFC 3834: nobody is to answer it by a program.
      'Auto-Submitted: auto-generated',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=us-ascii',
      'Content-Transfer-Encoding: 7bit',
      '',
      ...body,
      '',
    ].join('\n'),
  );

/** What comes twice has the same Message-ID. */
export function alertMail(parts: MailParts, alert: ToldAlert): string {
  const { id, rule, help, severity, owner, raised, due, installation, seq, events, host, people, sshHosts = [] } = alert;
  const facts: readonly (readonly [string, string])[] = [
    ['Alert', `${rule}, ${severity === 'page' ? 'which cannot wait' : 'which can wait for the morning'}`],
    ['Looks for', help],
    ['Answers', owner],
    ['Raised', raised],
    ['Due', due],
    ['Event', `${seq} of ${installation}${events > 1 ? `, and ${events - 1} more` : ''}`],
    ...(host === undefined ? [] : [['On', host] as const]),
    ...(people === undefined ? [] : [['About', people.join(', ') || 'nobody by name'] as const]),
    ...(sshHosts.length === 0 ? [] : [['SSH host', sshHosts.join(', ')] as const]),
  ];
  const before = ' '.repeat(11);
  return mail(parts, id, `[Wardmux] ${severity === 'page' ? 'Page' : 'Warning'}: ${rule} (event ${seq} of ${installation})`, [
    ...facts.map(([name, value]) => `${`${name}:`.padEnd(before.length)}${wrapped(value, before)}`),
    '',
    wrapped(LOOK, ''),
    wrapped('This mail says all that it may: what happened stands in the ledger.', ''),
  ]);
}

export const testMail = (parts: MailParts, { installation, time }: { readonly installation: string; readonly time: string }): string =>
  mail(parts, `${installation}/test-${time.replace(/\D/g, '')}`, `[Wardmux] A test of ${installation}: no alert`, [
    `A test of ${installation}: no alert. Alerts of that workstation come to this address.`,
  ]);
