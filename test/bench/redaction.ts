/** The recognisers: recall and precision on the labelled corpus, false hits in ordinary output, and how fast a recording is looked at. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { recognisers, RECOGNISERS_VERSION, Redactor, standardKinds } from '../../src/redaction/index.ts';
import { corpusOf, ordinary } from '../redaction-corpus/index.ts';
import { foundAtFirst, publishedCorpus } from '../redaction-corpus/published/index.ts';
import { falseHits, measure, precisionOf, recallOf, type KindFigures } from '../redaction-corpus/measure.ts';
import type { FigureRow } from './stats.ts';

const root = resolve(import.meta.dirname, '../..');
const SEED = 20261128;
/** Not the seed whose misses the rules were mended after. */
const PUBLISHED_SEED = 20261130;

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
    say('apt-cache', ['show', 'bash', 'openssl', 'curl', 'git', 'coreutils']),
    say('find', ['/usr/lib', '-maxdepth', '2', '-ls']),
    say('ip', ['addr']),
    say('ss', ['-tan']),
    say('mount', []),
    say('sh', [
      '-c',
      'sha256sum /usr/bin/* | head -500; stat /etc/*; for c in $(ls /etc/ssl/certs/*.pem | head -20); do openssl x509 -in $c -noout -text; done',
    ]),
  ].join('\n');
}

async function speed(pieces: readonly Buffer[]): Promise<number> {
  const redactor = new Redactor(standardKinds);
  const begin = process.cpuUsage();
  for (const data of pieces) await redactor.piece({ code: 'o', timeUs: 0, data });
  await redactor.end();
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const { user, system } = process.cpuUsage(begin);
  return bytes / (user + system);
}

const inPieces = (bytes: Buffer, length: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) => bytes.subarray(i * length, (i + 1) * length));

export async function benchRedaction({ documents, corpus, publish, say }: Options): Promise<FigureRow[]> {
  say(`${documents} documents of the labelled corpus`);
  const texts = corpusOf(SEED, documents);
  const figures = measure(texts, standardKinds);
  say(`${documents} documents of the corpus made from published formats`);
  const apart = measure(publishedCorpus(PUBLISHED_SEED, documents), standardKinds);
  say('ordinary output');
  const made = falseHits(ordinary(SEED, 100_000), standardKinds);
  const own = falseHits(ownOutput(), standardKinds, (kind, line) => say(`found in ordinary output: ${kind} in a line of ${line.length} characters`));
  if (publish) await publishFigures({ figures, apart }, texts.length, { made, own });
  say('how fast');
  const plain = await speed(inPieces(Buffer.from(ordinary(SEED, 60_000).replaceAll('\n', '\r\n')), 16 * 1024));
  const mixed = await speed(inPieces(readFileSync(corpus).subarray(0, 5_000_000), 16 * 1024));
  const rate = ({ hits, lines }: { readonly hits: number; readonly lines: number }): string => ((1000 * hits) / lines).toFixed(2);
  const worstOf = (all: ReadonlyMap<string, KindFigures>, of: (one: KindFigures) => number): string =>
    Math.min(...Array.from(all.values(), of).filter((value) => !Number.isNaN(value))).toFixed(3);
  return [
    {
      name: 'recall, the worst kind',
      value: worstOf(figures, recallOf),
      note: `labelled corpus of ${texts.length} documents, seed ${SEED}; by kind in docs/redaction.md`,
    },
    {
      name: 'precision, the worst kind',
      value: worstOf(figures, precisionOf),
      note: 'the same',
    },
    {
      name: 'recall on published formats, the worst kind',
      value: worstOf(apart, recallOf),
      note: `${documents} documents, seed ${PUBLISHED_SEED}; before the rules were mended after it: ${Math.min(...Object.values(foundAtFirst).map(([recall]) => recall))}`,
    },
    { name: 'precision on published formats, the worst kind', value: worstOf(apart, precisionOf), note: 'the same' },
    {
      name: 'false hits in 1,000 lines',
      value: rate(made),
      note: `${made.lines} lines of kubectl, git, apt, journalctl, ls, tcpdump and others, made from a seed`,
    },
    {
      name: 'false hits in 1,000 lines of this machine',
      value: rate(own),
      note: `${own.lines} lines of git log, ls -laR, ps, dpkg, apt, find, ip, ss, mount, stat, sha256sum, openssl`,
    },
    { name: 'a log, MB/s', value: plain.toFixed(1), note: 'in a second of the processor; both views, pieces of 16 KiB' },
    { name: 'mixed terminal output, MB/s', value: mixed.toFixed(1), note: 'logs, text beyond ASCII, heavy colour, cursor motion' },
  ];
}

interface Ordinary {
  readonly made: { readonly hits: number; readonly lines: number };
  readonly own: { readonly hits: number; readonly lines: number };
}

interface Both {
  readonly figures: ReadonlyMap<string, KindFigures>;
  readonly apart: ReadonlyMap<string, KindFigures>;
}

async function publishFigures({ figures, apart }: Both, documents: number, { made, own }: Ordinary): Promise<void> {
  const recall = Object.fromEntries(
    // The list of an export says the lower one.
    recognisers.flatMap(({ kind }) => {
      const both = [figures, apart].flatMap((all) => (all.get(kind)?.gold ? [recallOf(all.get(kind)!)] : []));
      return both.length > 0 ? [[kind, Number(Math.min(...both).toFixed(3))]] : [];
    }),
  );
  const module = join(root, 'src/export/measured.ts');
  const text = `/** Made by \`npm run bench -- --redaction\`. */\nexport const measured = ${JSON.stringify({ version: RECOGNISERS_VERSION, recall })} as const;\n`;
  writeFileSync(module, await format(text, { ...(await resolveConfig(module)), filepath: module }));
  const page = join(root, 'docs/redaction.md');
  const number = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(3));
  const rows = recognisers.map(({ kind, help, standard, reason }) => {
    const none = { gold: 0, withheld: 0, found: 0, right: 0 };
    const cells = (one: KindFigures): string => `${one.gold} | ${number(recallOf(one))} | ${number(precisionOf(one))}`;
    const [recallBefore = Number.NaN, precisionBefore = Number.NaN] = foundAtFirst[kind] ?? [];
    const before = `${number(recallBefore)} / ${number(precisionBefore)}`;
    return `| \`${kind}\` ${help} | ${standard ? 'yes' : 'no'} | ${reason} | ${cells(figures.get(kind) ?? none)} | ${before} | ${cells(apart.get(kind) ?? none)} |`;
  });
  const rate = ({ hits, lines }: Ordinary['made']): string => `${((1000 * hits) / lines).toFixed(2)} in 1,000 lines (${lines} lines)`;
  const table = [
    '<!-- made by npm run bench -- --redaction: begin -->',
    '',
    `Recognisers ${RECOGNISERS_VERSION}. A: ${documents} documents of \`test/redaction-corpus\`, seed ${SEED}. B: ${documents} documents made from published formats, seed ${PUBLISHED_SEED}; “at first” is recall and precision of recognisers 1.0.0 on B, before anybody had mended a rule after it.`,
    '',
    '| kind | default | reason | A: marked | recall | precision | B: at first | B: marked | recall | precision |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
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
