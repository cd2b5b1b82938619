/**
 * What many people on one workstation cost: the lock with eight panes that flood, another person’s turn, what the table of permissions takes of a key’s
 * way, and the lock page of fifty people with two hundred key slots.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { denialOf, grantOf } from '../../src/access/index.ts';
import { newScryptParameters } from '../../src/crypto/kdf.ts';
import { openLedger } from '../../src/services/installation/open-ledger.ts';
import { createPerson, newPassphraseSlot } from '../../src/people/person.ts';
import type { PersonRecord } from '../../src/people/types.ts';
import { deciderOf } from '../../src/services/deeds/decide.ts';
import { enrol, prepareEnrolment } from '../../src/services/people/people.ts';
import { firstHome, firstWords } from '../support/first-home.ts';
import { patienceMs, startApp, until, type BenchApp } from './app.ts';
import { eightName, lockEight } from './lock.ts';
import { median, percentile, type FigureRow } from './stats.ts';

const PEOPLE = 50;
const SLOTS = 200;
const OTHER = { name: 'Jo Varga', words: 'violin harbour gravel sunset' };
/** A question to the table takes less than the clock can tell: so many at once. */
const QUESTIONS = 1_000_000;

const names = {
  turn: 'another person’s turn: from the key that ends their passphrase to their pane drawn, the other’s shell parked',
  ceremony: 'of that, the ceremony',
  permission: 'a question to the table of permissions',
  page: `lock page of ${PEOPLE} people with ${SLOTS} key slots: what main takes to answer it`,
  drawn: 'the same, from the lock to the page that asks',
} as const;

export interface PeopleBench {
  readonly rounds: number;
  readonly say: (line: string) => void;
}

export async function benchPeople({ rounds, say }: PeopleBench): Promise<FigureRow[]> {
  const parts: readonly (readonly [readonly string[], () => Promise<FigureRow[]>])[] = [
    [[names.permission], async () => [permission(say)]],
    [[names.page, names.drawn], () => lockPages(rounds, say)],
    [[names.turn, names.ceremony], () => turns(Math.min(rounds, 50), say)],
    [[eightName], async () => [await lockEight({ rounds, say })]],
  ];
  const rows: FigureRow[] = [];
  for (const [wanted, part] of parts) {
    try {
      rows.push(...(await part()));
    } catch (error) {
      const missing = `failed: ${(error as Error).message.split('\n')[0]}`;
      say(`people: ${missing}`);
      rows.push(...wanted.map((name) => ({ name, value: '–', note: '', missing })));
    }
  }
  return rows;
}

/** A key goes to the shells sealed, past main; what is asked before a line of commands or a click is this. */
function permission(say: (line: string) => void): FigureRow {
  const standing = { phase: 'open', grant: grantOf({ id: 'p-000000000001', roles: ['operator'] }, 'passkey') } as const;
  const now = Date.now();
  const began = performance.now();
  let denied = 0;
  for (let n = 0; n < QUESTIONS; n++) if (denialOf('session.use', standing, now)) denied++;
  const micros = ((performance.now() - began) * 1000) / QUESTIONS;
  if (denied > 0) throw new Error('the table denies an operator their panes');
  say(`${names.permission}: ${micros.toFixed(3)} µs`);
  return { name: names.permission, value: `${micros.toFixed(3)} µs`, note: 'under 1 percent of a key’s way (keydown to parsed echo, above) wanted' };
}

/** Ada Example, and others who are enrolled as anybody is. @param slots in all, of all */
async function house(folder: string, people: number, slots: number): Promise<string> {
  const made = await firstHome(folder);
  const { ledger } = await openLedger(made.home, made.installation);
  try {
    const parts = { home: made.home, installation: made.installation, ledger, admin: deciderOf(made.identity) };
    await enrol(parts, await prepareEnrolment({ name: OTHER.name, passphrase: Buffer.from(OTHER.words) }), ['operator']);
    const rest = people - 2;
    for (let n = 0; n < rest; n++) {
      // The last one has what is missing.
      const own = Math.floor((slots - 2) / rest);
      await enrol(parts, await somebody(`Person ${n}`, n < rest - 1 ? own : slots - 2 - own * (rest - 1)), ['operator']);
    }
  } finally {
    made.identity.destroy();
    await ledger.close();
  }
  return made.home.folder;
}

async function somebody(name: string, slots: number): Promise<PersonRecord> {
  const now = new Date().toISOString();
  const { record, identity } = await createPerson({ name, passphrase: Buffer.from(name), now, roles: [], kdf: newScryptParameters() });
  try {
    const more: PersonRecord['slots'][number][] = [];
    while (more.length < slots - 1) more.push(await newPassphraseSlot(identity, Buffer.from(`${name} ${more.length}`), now, newScryptParameters()));
    return { ...record, slots: [...record.slots, ...more] };
  } finally {
    identity.destroy();
  }
}

const at = async (app: BenchApp, name: string): Promise<boolean> => app.surface === name && (await app.page()).url().endsWith(`/${name}.html`);

/** Types id or name, then the passphrase. @returns when the key that ends it was pressed */
async function comesIn(app: BenchApp, person: { readonly name: string; readonly words: string }): Promise<{ readonly page: Page; readonly pressed: number }> {
  await until(() => at(app, 'lock'), 'the lock page');
  const page = await app.page();
  await page.locator('#who').fill(person.name);
  await page.keyboard.press('Enter');
  await page.locator('input[type=password]').fill(person.words);
  const pressed = performance.now();
  await page.keyboard.press('Enter');
  return { page, pressed };
}

/** The two come in one after the other; the shell of whoever is not in runs on. */
async function turns(rounds: number, say: (line: string) => void): Promise<FigureRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-bench-'));
  try {
    const app = await startApp(folder, await house(folder, 2, 2), { headless: true });
    const both = [{ name: 'Ada Example', words: firstWords }, OTHER] as const;
    const [whole, ceremony]: [number[], number[]] = [[], []];
    try {
      for (let round = -2; round < rounds; round++) {
        const { pressed } = await comesIn(app, both[(round + 2) % 2]!);
        await until(() => app.surface === 'workspace', 'the workspace');
        const proven = performance.now() - pressed;
        await until(() => at(app, 'workspace'), 'the page of the workspace');
        await (await app.page()).locator('.xterm-rows', { hasText: /[#$]/ }).waitFor({ timeout: patienceMs });
        // The first turn of each starts their shell.
        if (round >= 0) {
          whole.push(performance.now() - pressed);
          ceremony.push(proven);
        }
        await app.lock();
      }
    } finally {
      await app.stop();
    }
    return [
      row(names.turn, whole, 'headless; 1 s wanted', say),
      row(names.ceremony, ceremony, 'the derivation of a key from the passphrase is meant to be slow', say),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function lockPages(rounds: number, say: (line: string) => void): Promise<FigureRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-bench-'));
  try {
    const app = await startApp(folder, await house(folder, PEOPLE, SLOTS), { headless: true });
    const [answers, pages]: [number[], number[]] = [[], []];
    try {
      for (let round = 0; round < Math.min(rounds, 50); round++) {
        await comesIn(app, { name: 'Ada Example', words: firstWords });
        await until(() => at(app, 'workspace'), 'the workspace');
        const before = app.facts;
        const began = performance.now();
        const locked = app.lock();
        await until(() => app.lockPage, 'the lock page');
        pages.push(performance.now() - began);
        await locked;
        await until(() => app.facts !== before, 'the lock page’s answer');
        answers.push(app.facts!);
      }
    } finally {
      await app.stop();
    }
    return [row(names.page, answers, '100 ms wanted', say), row(names.drawn, pages, 'headless', say)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function row(name: string, samples: number[], note: string, say: (line: string) => void): FigureRow {
  const value = `${median(samples).toFixed(0)} ms`;
  say(`${name}: median ${value}`);
  return {
    name,
    samples,
    value,
    note: `p90 ${percentile(samples, 0.9).toFixed(0)} ms, worst ${Math.max(...samples).toFixed(0)} ms of ${samples.length}; ${note}`,
  };
}
