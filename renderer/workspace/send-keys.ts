/** Bytes of tmux's key names, for send-keys and send-prefix: the core asks, the page types. */

const named: Readonly<Record<string, string>> = {
  Up: '\x1b[A',
  Down: '\x1b[B',
  Right: '\x1b[C',
  Left: '\x1b[D',
  Home: '\x1b[H',
  End: '\x1b[F',
  IC: '\x1b[2~',
  DC: '\x1b[3~',
  PPage: '\x1b[5~',
  NPage: '\x1b[6~',
  Enter: '\r',
  Escape: '\x1b',
  Tab: '\t',
  BTab: '\x1b[Z',
  BSpace: '\x7f',
  Space: ' ',
  F1: '\x1bOP',
  F2: '\x1bOQ',
  F3: '\x1bOR',
  F4: '\x1bOS',
  F5: '\x1b[15~',
  F6: '\x1b[17~',
  F7: '\x1b[18~',
  F8: '\x1b[19~',
  F9: '\x1b[20~',
  F10: '\x1b[21~',
  F11: '\x1b[23~',
  F12: '\x1b[24~',
};
/** xterm's modifier parameter: 1 plus shift 1, alt 2, ctrl 4. */
const modifierBits: Readonly<Record<string, number>> = { S: 1, M: 2, C: 4 };

/** What the key sends; `application` is DECCKM, in which arrows send ESC O. */
export function keyBytes(name: string, application = false): string {
  let rest = name;
  let modifier = 0;
  for (let match = /^([CMS])-(?=.)/.exec(rest); match; match = /^([CMS])-(?=.)/.exec(rest)) {
    modifier |= modifierBits[match[1]!]!;
    rest = rest.slice(2);
  }
  const plain = named[rest];
  if (plain?.startsWith('\x1b') && plain.length > 1 && rest !== 'BTab') {
    if (modifier === 0) return application && /^\x1b\[[A-DFH]$/.test(plain) ? plain.replace('[', 'O') : plain;
    if (plain.endsWith('~')) return `${plain.slice(0, -1)};${modifier + 1}~`;
    return `\x1b[1;${modifier + 1}${plain.at(-1)}`;
  }
  let bytes = plain ?? rest;
  if (modifier & modifierBits.C!) bytes = control(bytes);
  return modifier & modifierBits.M! ? `\x1b${bytes}` : bytes;
}

function control(char: string): string {
  if (char === ' ') return '\0';
  if (char === '?') return '\x7f';
  const code = char.toUpperCase().charCodeAt(0);
  return code >= 0x40 && code <= 0x5f ? String.fromCharCode(code & 0x1f) : char;
}
