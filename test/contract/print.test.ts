/** Reports as PDF by the browser of this machine: what is in them, what is left of it, and what is said where there is none. */
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { startedWith } from '../../src/browser/processes.ts';
import { isRunning } from '../../src/disk/process-identity.ts';
import { htmlOf } from '../../src/report/document.ts';
import { printToPdf } from '../../src/browser/print.ts';
import { castHome } from '../support/cast-home.ts';
import { forAudit } from '../support/disclosure.ts';
import { firstWords } from '../support/first-home.ts';
import { readPdf } from '../support/pdf-text.ts';
import { runHere, runWith } from '../support/run-here.ts';

let place: string;
let home: string;
let id: string;

const wardmux = (...args: readonly string[]) => runWith(args, { home, place }, [firstWords]);

beforeAll(async () => {
  ({ place, home, id } = await castHome(['[1,"o","Patient: DIAZ,ROSA\\r\\n"]', '[2,"o","SSN: 536-22-1847\\r\\n"]', '[3,"o","feed adt-in: running\\r\\n"]']));
});

/** Whether a folder of a browser is this process's. Those of others come and go meanwhile. */
function isOurs(path: string): boolean {
  try {
    return (JSON.parse(readFileSync(join(path, 'owner.json'), 'utf8')) as { pid: number }).pid === process.pid;
  } catch {
    return false;
  }
}

/** Folders of browsers that this process has started. */
const left = (): string[] =>
  [process.env['XDG_RUNTIME_DIR'], '/dev/shm'].flatMap((folder) =>
    folder === undefined || !existsSync(folder)
      ? []
      : readdirSync(folder)
          .filter((name) => name.startsWith('wardmux-browser-'))
          .map((name) => join(folder, name))
          .filter(isOurs),
  );

test('a page is printed with its text, nothing in it acts, and nothing of it is left in any folder', async () => {
  const text = `<script>document.title='acted'</script> & "quoted" 😀 ${'word '.repeat(3000)}last`;
  const pdf = await printToPdf(
    htmlOf({ title: 'A title', facts: [['Name', 'value']], sections: [{ heading: 'Part', paragraphs: [text] }], sign: ['Read by'] }),
    process.env,
  );
  const { pages, text: read, heads } = readPdf(pdf);
  expect(pages).toBeGreaterThan(1);
  for (const part of ['Atitle', 'Namevalue', `<script>document.title='acted'</script>&"quoted"`, 'wordlast', 'Readby']) expect(read).toContain(part);
  // Headings for whoever has it read aloud; nothing that does something, or leads somewhere.
  expect(heads).toContain('/StructTreeRoot');
  expect(heads).not.toMatch(/\/JavaScript|\/JS\b|\/URI|\/Launch|\/EmbeddedFile|\/OpenAction/);
  expect(left()).toEqual([]);
});

test('an export as PDF is redacted, for its owner alone, and stands in the ledger as a report', async () => {
  const target = join(place, 'session.pdf');
  const done = await wardmux('export', id, '-o', target, '--form', 'report', ...forAudit);
  expect(done, done.err).toMatchObject({ status: 0, out: `${target}\n` });
  const { text } = readPdf(readFileSync(target));
  for (const part of ['Reportofarecordedsession', 'Verifiedagainstthesignedledger', 'SSN:███████████', 'feedadt-in:running', 'atitsend'])
    expect(text).toContain(part);
  expect(text).not.toMatch(/DIAZ|536-22-1847/);
  expect(statSync(target).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(join(`${target}-redaction`, 'redaction.json'), 'utf8'))).toMatchObject({ form: 'report' });
  expect(readdirSync(place).filter((name) => name.includes('.partial-'))).toEqual([]);
  expect(left()).toEqual([]);
});

test('reports are PDF where the name says so, and those of events are signed as every other form', async () => {
  const people = join(place, 'people.pdf');
  expect(await runHere(['report', 'people', '--output', people], { home, place })).toMatchObject({ status: 0 });
  expect(readPdf(readFileSync(people)).text).toContain('AdaExample');
  const events = join(place, 'events.pdf');
  const done = await runHere(['report', 'events', '--format', 'pdf', '--output', events], { home, place });
  expect(done, done.err).toMatchObject({ status: 0 });
  expect(readPdf(readFileSync(events)).text).toContain('first-run');
  expect(await runHere(['report', 'verify', events], { home, place })).toMatchObject({ status: 0 });
  writeFileSync(events, Buffer.concat([readFileSync(events), Buffer.from('\n')]));
  expect(await runHere(['report', 'verify', events], { home, place })).toMatchObject({ status: 58 });
  expect(await runHere(['report', 'events', '--format', 'pdf'], { home, place })).toMatchObject({ status: 2, err: expect.stringContaining('--output FILE') });
});

test.each([
  ['none', undefined, 'which is not a program that can be run'],
  ['one that ends', '#!/bin/sh\nexit 3\n', 'it ended with status 3'],
  ['one that says nothing of the protocol', '#!/bin/sh\necho $$ >"$0.pid"\nprintf "what\\0" >&4\nexec sleep 1000\n', 'did not come up'],
])('with %s for a browser it is a sentence with its own status, and nothing is written', async (_, script, sentence) => {
  const browser = join(place, 'browser');
  if (script !== undefined) {
    writeFileSync(browser, script);
    chmodSync(browser, 0o755);
  }
  const target = join(place, 'refused.pdf');
  const env = { WARDMUX_HOME: home, HOME: place, WARDMUX_BROWSER: script === undefined ? join(place, 'nothing') : browser };
  for (const args of [
    ['export', id, '-o', target, '--form', 'report', ...forAudit],
    ['report', 'lock', '--output', target],
  ]) {
    const refused = await runWith(args, { home, place }, args[0] === 'export' ? [firstWords] : [], { env });
    expect(refused, refused.err).toMatchObject({ status: 67, err: expect.stringContaining(sentence) });
    expect(refused.err).toContain('The same as HTML prints from any browser.');
  }
  expect(readdirSync(place).filter((name) => name.includes('refused'))).toEqual([]);
  expect(startedWith(browser)).toEqual([]);
  // The last one has another name by now.
  if (script?.includes('.pid')) expect(isRunning(Number(readFileSync(`${browser}.pid`, 'utf8')))).toBe(false);
  expect(left()).toEqual([]);
});

test('what is too long to print is a sentence before any browser is started', async () => {
  await expect(printToPdf('x'.repeat(6 * 1024 * 1024 + 1), { WARDMUX_BROWSER: '/nowhere' })).rejects.toMatchObject({ code: 'too-long' });
});
