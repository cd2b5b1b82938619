/** Every way in which a text can stand in the output of a program (requirements 5.3), so that what is planted can be looked for. */

export interface Shape {
  readonly name: string;
  /** The output that shows, or hides, a text. @param cols of the terminal. */
  readonly output: (text: string, cols: number) => string;
  /** It stands in a control function, and no cell ever shows it. */
  readonly hidden?: true;
  /** Its characters are others that look the same: only what has a shape is found in it, no format. */
  readonly disguise?: true;
}

const ESC = '\x1b';
const BEL = '\x07';
const filler = (length: number): string => 'word '.repeat(Math.ceil(length / 5)).slice(0, length);

export const shapes: readonly Shape[] = [
  { name: 'plain', output: (text) => `${text}\r\n` },
  { name: 'coloured letter by letter', output: (text) => `${Array.from(text, (c, i) => `${ESC}[3${i % 8}m${c}`).join('')}${ESC}[0m\r\n` },
  { name: 'cut by titles', output: (text) => `${Array.from(text, (c) => `${ESC}]0;t${BEL}${c}`).join('')}\r\n` },
  { name: 'cut by modes', output: (text) => `${Array.from(text, (c) => `${ESC}[?25l${c}${ESC}[?25h`).join('')}\r\n` },
  { name: 'wrapped at the end of a row', output: (text, cols) => `${filler(cols - 5)}${' '.repeat(0)} ${text}\r\n` },
  { name: 'cut at the width by the program', output: (text, cols) => cutAtWidth(`${filler(cols - 6)} ${text}`, cols) },
  {
    name: 'letter by letter to its place, backwards',
    output: (text, cols) =>
      `${ESC}[2J${Array.from(fitting(text, cols), (c, i) => `${ESC}[3;${i + 2}H${c}`)
        .reverse()
        .join('')}${ESC}[H`,
  },
  { name: 'every second letter first', output: (text, cols) => `${ESC}[2J${places(fitting(text, cols), 0)}${places(fitting(text, cols), 1)}${ESC}[10;1H` },
  { name: 'overwritten after a bare CR', output: (text) => `${text}\r${' '.repeat(text.length)}\r\n` },
  { name: 'cut by a bare CR', output: (text) => `${text.slice(0, -4)}\r${text.slice(-4)}\r\n` },
  { name: 'mistyped and corrected', output: (text) => `${text.slice(0, -3)}##\b\b  \b\b${text.slice(-3)}\r\n` },
  { name: 'erased', output: (text) => `${text}${ESC}[2K\r\n` },
  { name: 'concealed', output: (text) => `${ESC}[8m${text}${ESC}[28m\r\n` },
  {
    name: 'with letters taken out',
    output: (text, cols) => `${fitting(text, cols).slice(0, -3)}@@@@${text.slice(-3)}\r${ESC}[${fitting(text, cols).length - 3}C${ESC}[4P\r\n`,
  },
  {
    name: 'with letters put in',
    output: (text, cols) =>
      `${fitting(text, cols).slice(0, -4)}${text.slice(-2)}\r${ESC}[${fitting(text, cols).length - 4}C${ESC}[2@${fitting(text, cols).slice(-4, -2)}\r\n`,
  },
  { name: 'on the other screen', output: (text) => `${ESC}[?1049h${ESC}[H${text}${ESC}[?1049l` },
  {
    name: 'in digits of full width',
    output: (text) => `${text.replaceAll(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)))}\r\n`,
    disguise: true,
  },
  { name: 'with joiners that show nothing', output: (text) => `${Array.from(text, (c) => `${c}\u200d\u2060`).join('')}\r\n`, disguise: true },
  { name: 'struck through by combining marks', output: (text) => `${Array.from(text, (c) => (c === ' ' ? c : `${c}\u0336`)).join('')}\r\n`, disguise: true },
  { name: 'with double height', output: (text) => `${ESC}#3${text}\r\n${ESC}#4${text}\r\n` },
  { name: 'with tabs before values', output: (text) => `${text.replaceAll(': ', ':\t')}\r\n` },
  { name: 'in insert mode', output: (text) => `${ESC}[4h${text.slice(-3)}\r${text.slice(0, -3)}${ESC}[4l\r\n` },
  { name: 'in a region that scrolls', output: (text) => `${ESC}[2;4r${ESC}[4;1H${text}\n\n\n\n\n${ESC}[r\r\n` },
  { name: 'upwards, scrolled down', output: (text) => `${ESC}[H${text}\r${ESC}M${ESC}M${ESC}[2K\r\n` },
  { name: 'with other characters between', output: (text) => `${Array.from(text, (c) => `${c}${ESC}(0${ESC}(B`).join('')}\r\n` },
  { name: 'shifted out and in', output: (text) => `${Array.from(text, (c) => `\x0e\x0f${c}`).join('')}\r\n` },
  { name: 'as the text of links', output: (text) => `${Array.from(text, (c) => `${ESC}]8;;https://example.org/${ESC}\\${c}${ESC}]8;;${ESC}\\`).join('')}\r\n` },
  { name: 'with letters repeated', output: (text) => `${text.replaceAll(/(.)\1/gu, `$1${ESC}[1b`)}\r\n` },
  { name: 'in a title', output: (text) => `${ESC}]0;${text}${BEL}`, hidden: true },
  { name: 'in a link', output: (text) => `${ESC}]8;;https://example.org/?q=${encodeURIComponent(text)}${ESC}\\link${ESC}]8;;${ESC}\\`, hidden: true },
  { name: 'in the clipboard', output: (text) => `${ESC}]52;c;${Buffer.from(text).toString('base64')}${BEL}`, hidden: true },
];

/** On one row. */
const fitting = (text: string, cols: number): string => text.slice(-(cols - 2));

function places(text: string, odd: number): string {
  return Array.from(text, (c, i) => (i % 2 === odd ? `${ESC}[5;${i + 1}H${c}` : '')).join('');
}

function cutAtWidth(text: string, cols: number): string {
  const rows: string[] = [];
  for (let at = 0; at < text.length; at += cols) rows.push(text.slice(at, at + cols));
  return `${rows.join('\r\n')}\r\n`;
}

/** Texts with a value of each kind, that are found by themselves on one line. The value is what must not get out. */
export const planted: readonly { readonly kind: string; readonly text: string; readonly value: string }[] = [
  { kind: 'ssn', text: '536-22-1847', value: '536-22-1847' },
  { kind: 'mrn', text: 'MRN: 00482913', value: '00482913' },
  { kind: 'visit', text: 'CSN: 100482913', value: '100482913' },
  { kind: 'dob', text: 'DOB: 1957-03-12', value: '1957-03-12' },
  { kind: 'phone', text: '617-555-2368', value: '617-555-2368' },
  { kind: 'email', text: 'r.diaz@example.com', value: 'r.diaz@example.com' },
  { kind: 'mbi', text: '1EG4-TE5-MK73', value: '1EG4-TE5-MK73' },
  { kind: 'dea', text: 'DEA: AB1234563', value: 'AB1234563' },
  { kind: 'member', text: 'Member ID: W1234567801', value: 'W1234567801' },
  { kind: 'hl7', text: 'PID|1||48291||DIAZ^ROSA', value: 'DIAZ' },
  { kind: 'fhir', text: '"birthDate": "1957-03-12"', value: '1957-03-12' },
  { kind: 'x12', text: 'REF*SY*536221847~', value: '536221847' },
  { kind: 'cloud-key', text: 'AKIAQ7EXAMPLE4XK2M3P', value: 'AKIAQ7EXAMPLE4XK2M3P' },
  { kind: 'password', text: 'PGPASSWORD=Sommer-2026', value: 'Sommer-2026' },
];
