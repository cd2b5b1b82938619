/** The recognisers: recall and precision on the labelled corpus, false hits in ordinary output, and how fast a recording is looked at. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { format, resolveConfig } from 'prettier';
import { recognisers, RECOGNISERS_VERSION, Redactor, standardKinds } from '../../src/redaction/index.ts';
import { corpusOf, ordinary } from '../redaction-corpus/index.ts';
import { falseHits, measure, precisionOf, recallOf, type KindFigures } from '../redaction-corpus/measure.ts';
import type { FigureRow } from './stats.ts';

const root = resolve(import.meta.dirname, '../..');
const SEED = 20261128;

interface Options {
  /** Documents of the corpus. */
  readonly documents: number;
  /** A file of mixed terminal output. */
  readonly corpus: string;
  /** Whether the page and the recall in lists are written anew. */
  readonly publish: boolean;
  readonly say: (line: string) => void;
}

/** What this machine itself prints: the history of this repository, and every name below /usr/share. */
function ownOutput(): string {
  const say = (command: string, args: readonly string[]): string => {
    try {
      return execFileSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] });
    } catch {
      return '';
    }
  };
  return [
    say('git', ['log', '--stat', '-500']),
    say('ls', ['-laR', '/usr/share/doc']).split('\n').slice(0, 20_000).join('\n'),
    say('ps', ['auxww']),
    say('dpkg', ['-l']),
  ].join('\n');
}

async function speed(pieces: readonly Buffer[]): Promise<number> {
  const redactor = new Redactor(standardKinds);
  const begin = performance.now();
  for (const data of pieces) await redactor.piece({ code: 'o', timeUs: 0, data });
  await redactor.end();
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  return bytes / 1e6 / ((performance.now() - begin) / 1000);
}

const inPieces = (bytes: Buffer, length: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) => bytes.subarray(i * length, (i + 1) * length));

export async function benchRedaction({ documents, corpus, publish, say }: Options): Promise<FigureRow[]> {
  say(`${documents} documents of the labelled corpus`);
  const texts = corpusOf(SEED, documents);
  const figures = measure(texts, standardKinds);
  say('ordinary output');
  const made = falseHits(ordinary(SEED, 100_000), standardKinds);
  const own = falseHits(ownOutput(), standardKinds, (kind, line) => say(`found in ordinary output: ${kind} in a line of ${line.length} characters`));
  if (publish) await publishFigures(figures, texts.length, { made, own });
  say('how fast');
  const plain = await speed(inPieces(Buffer.from(ordinary(SEED, 60_000).replaceAll('\n', '\r\n')), 16 * 1024));
  const mixed = await speed(inPieces(readFileSync(corpus).subarray(0, 5_000_000), 16 * 1024));
  const rate = ({ hits, lines }: { readonly hits: number; readonly lines: number }): string => ((1000 * hits) / lines).toFixed(2);
  const worst = Math.min(...Array.from(figures.values(), recallOf).filter((value) => !Number.isNaN(value)));
  return [
    {
      name: 'recall, the worst kind',
      value: worst.toFixed(3),
      note: `labelled corpus of ${texts.length} documents, seed ${SEED}; by kind in docs/redaction.md`,
    },
    {
      name: 'precision, the worst kind',
      value: Math.min(...Array.from(figures.values(), precisionOf).filter((value) => !Number.isNaN(value))).toFixed(3),
      note: 'the same',
    },
    {
      name: 'false hits in 1,000 lines',
      value: rate(made),
      note: `${made.lines} lines of kubectl, git, apt, journalctl, ls, tcpdump and others, made from a seed`,
    },
    { name: 'false hits in 1,000 lines of this machine', value: rate(own), note: `${own.lines} lines of git log, ls -laR, ps, dpkg -l` },
    { name: 'a log, MB/s', value: plain.toFixed(1), note: 'both views, pieces of 16 KiB, one core' },
    { name: 'mixed terminal output, MB/s', value: mixed.toFixed(1), note: 'logs, text beyond ASCII, heavy colour, cursor motion' },
  ];
}

interface Ordinary {
  readonly made: { readonly hits: number; readonly lines: number };
  readonly own: { readonly hits: number; readonly lines: number };
}

async function publishFigures(figures: ReadonlyMap<string, KindFigures>, documents: number, { made, own }: Ordinary): Promise<void> {
  const recall = Object.fromEntries(
    recognisers.flatMap(({ kind }) => (figures.get(kind)?.gold ? [[kind, Number(recallOf(figures.get(kind)!).toFixed(3))]] : [])),
  );
  const module = join(root, 'src/export/measured.ts');
  const text = `/** Made by \`npm run bench -- --redaction\`. */\nexport const measured = ${JSON.stringify({ version: RECOGNISERS_VERSION, recall })} as const;\n`;
  writeFileSync(module, await format(text, { ...(await resolveConfig(module)), filepath: module }));
  const page = join(root, 'docs/redaction.md');
  const number = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(3));
  const rows = recognisers.map(({ kind, help, standard, reason }) => {
    const one = figures.get(kind) ?? { gold: 0, withheld: 0, found: 0, right: 0 };
    return `| \`${kind}\` ${help} | ${standard ? 'yes' : 'no'} | ${reason} | ${one.gold} | ${number(recallOf(one))} | ${number(precisionOf(one))} |`;
  });
  const rate = ({ hits, lines }: Ordinary['made']): string => `${((1000 * hits) / lines).toFixed(2)} in 1,000 lines (${lines} lines)`;
  const table = [
    '<!-- made by npm run bench -- --redaction: begin -->',
    '',
    `Recognisers ${RECOGNISERS_VERSION}, ${documents} documents, seed ${SEED}.`,
    '',
    '| kind | default | reason | marked in the corpus | recall | precision |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
    `False hits in ordinary output: ${rate(made)}, made from a seed; ${rate(own)}, of the machine that measured.`,
    '',
    '<!-- made by npm run bench -- --redaction: end -->',
  ].join('\n');
  const before = readFileSync(page, 'utf8');
  const after = before.replace(/<!-- made by npm run bench -- --redaction: begin -->[\s\S]*<!-- made by npm run bench -- --redaction: end -->/, () => table);
  writeFileSync(page, await format(after, { ...(await resolveConfig(page)), filepath: page }));
}
