/** A report as a page: one form, written as text, or as HTML that any browser prints on A4 and that reaches for nothing. */

export interface Section {
  readonly heading: string;
  readonly paragraphs?: readonly string[];
  readonly table?: { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] };
  readonly list?: readonly string[];
  /** Texts whose lines stay as they are, each with what it is. */
  readonly texts?: readonly { readonly caption: string; readonly text: string }[];
}

export interface Page {
  readonly title: string;
  /** Names and values, under the title. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly sections: readonly Section[];
  /** Lines for people to fill in by hand. */
  readonly sign: readonly string[];
}

/** Characters a line of the text. */
const WIDTH = 96;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** What acts in a terminal or a page has no place in either: control characters, and those that turn round the order in which the others are shown. */
const plain = (text: string): string => text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, ' ');
const html = (text: string): string => plain(text).replace(/[&<>"']/g, (char) => escapes[char]!);
const lines = (text: string): string[] => text.split('\n');

function wrapped(text: string, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of plain(text).split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => indent + each).join('\n');
}

/** Names and values, a line each; of more columns a block a row: with sentences in it a table would be wider than any page. */
function textTable({ head, rows }: NonNullable<Section['table']>): string {
  if (head.length === 2) return rows.map(([name, value]) => wrapped(`${name}: ${value}`)).join('\n');
  return rows.map((row) => row.map((cell, n) => wrapped(`${head[n]}: ${cell}`, n === 0 ? '' : '  ')).join('\n')).join('\n\n');
}

export function textOf({ title, facts, sections, sign }: Page): string {
  const parts = [
    `${title}\n${'='.repeat(title.length)}`,
    facts.map(([name, value]) => `${name}: ${plain(value)}`).join('\n'),
    ...sections.map(({ heading, paragraphs = [], table, list = [], texts = [] }) =>
      [
        `${heading}\n${'-'.repeat(heading.length)}`,
        ...paragraphs.map((text) => wrapped(text)),
        ...(table ? [textTable(table)] : []),
        ...(list.length > 0 ? [list.map((item) => wrapped(item, '  ').replace('  ', '- ')).join('\n')] : []),
        ...texts.map(({ caption, text }) => [wrapped(caption), ...lines(text).map((line) => `  ${plain(line)}`)].join('\n')),
      ].join('\n\n'),
    ),
    ...(sign.length > 0 ? [sign.map((line) => `${line}: ${'_'.repeat(40)}`).join('\n\n')] : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

const STYLE = `@page { size: A4; margin: 18mm 16mm }
body { font: 10.5pt/1.45 "Liberation Sans", Arial, sans-serif; color: #111; background: #fff; max-width: 178mm; margin: 0 auto; padding: 8mm 4mm }
h1 { font-size: 16pt; margin: 0 0 4mm } h2 { font-size: 12pt; margin: 7mm 0 2mm; break-after: avoid }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 1mm 5mm; margin: 0 } dt { color: #444 } dd { margin: 0; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100%; font-size: 9.5pt } thead { display: table-header-group } tr { break-inside: avoid }
th, td { text-align: left; vertical-align: top; border-bottom: 0.3mm solid #999; padding: 1.2mm 2mm 1.2mm 0; overflow-wrap: anywhere }
thead th { overflow-wrap: normal }
figure { margin: 0 0 4mm; break-inside: avoid-page } figcaption { color: #444 } pre { font: 7.5pt/1.3 "Liberation Mono", monospace; border: 0.3mm solid #999; padding: 2mm; margin: 1mm 0 0; white-space: pre-wrap; overflow-wrap: anywhere }
p { margin: 0 0 2.5mm } ul { margin: 0; padding-left: 5mm } .sign { margin-top: 12mm; break-inside: avoid } .sign p { border-top: 0.3mm solid #111; padding-top: 1mm; margin-top: 14mm; max-width: 90mm }
@media print { body { padding: 0; max-width: none } }`;

/** A whole HTML page: no script, no picture, and a policy that lets it load nothing. */
export function htmlOf({ title, facts, sections, sign }: Page): string {
  const section = ({ heading, paragraphs = [], table, list = [], texts = [] }: Section): string =>
    [
      `<section><h2>${html(heading)}</h2>`,
      ...paragraphs.map((text) => `<p>${html(text)}</p>`),
      ...(table
        ? [
            `<table><thead><tr>${table.head.map((cell) => `<th scope="col">${html(cell)}</th>`).join('')}</tr></thead>`,
            `<tbody>${table.rows.map((row) => `<tr>${row.map((cell, n) => (n === 0 ? `<th scope="row">${html(cell)}</th>` : `<td>${html(cell)}</td>`)).join('')}</tr>`).join('\n')}</tbody></table>`,
          ]
        : []),
      ...(list.length > 0 ? [`<ul>${list.map((item) => `<li>${html(item)}</li>`).join('')}</ul>`] : []),
      ...texts.map(
        ({ caption, text }) =>
          `<figure><figcaption>${html(caption)}</figcaption><pre tabindex="0">${lines(text)
            .map((line) => html(line))
            .join('\n')}</pre></figure>`,
      ),
      '</section>',
    ].join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${html(title)}</title>
<style>
${STYLE}
</style>
</head>
<body>
<h1>${html(title)}</h1>
<dl>${facts.map(([name, value]) => `<dt>${html(name)}</dt><dd>${html(value)}</dd>`).join('\n')}</dl>
${sections.map(section).join('\n')}
${sign.length > 0 ? `<div class="sign">${sign.map((line) => `<p>${html(line)}</p>`).join('\n')}</div>\n` : ''}</body>
</html>
`;
}
