/** Two people at one app in turn, for a thousand steps: whatever each does, and whatever goes on behind a lock, the ledger names the right one each time. */
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WorkspaceView } from '../src/types/workspace-view.ts';
import { rig, type Rig } from './app.fixture.ts';
import { waitFor } from '../test/support/wait-for.ts';

const STEPS = 1000;
/** Nobody opens more, so that the state stays small. */
const MOST_PANES = 6;
/** Between two steps (ms): whoever types fast. */
const STEP_MS = 50;
const names = ['Ada Example', 'Jo Varga'] as const;
type Who = 0 | 1;

interface Entered {
  readonly action: string;
  readonly person?: string;
  readonly outcome?: string;
}
/** What this is about. Everything else that is entered is about files, processes and heads. */
const told: readonly string[] = ['unlock', 'lock', 'pane.open', 'pane.close', 'session.park', 'session.logoff', 'access.denied', 'recording.verify', 'export'];

/** Reads on in a ledger: only what was entered since. */
class Tail {
  readonly #path: string;
  #from = 0;
  #rest = '';

  constructor(home: string) {
    this.#path = join(home, 'ledger/events.jsonl');
  }

  next(): Entered[] {
    const fd = openSync(this.#path, 'r');
    const piece = Buffer.alloc(64 * 1024);
    try {
      for (let got = readSync(fd, piece, 0, piece.length, this.#from); got > 0; got = readSync(fd, piece, 0, piece.length, this.#from)) {
        this.#from += got;
        this.#rest += piece.toString('utf8', 0, got);
      }
    } finally {
      closeSync(fd);
    }
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop()!;
    return lines.filter((line) => line.includes('"action"')).map((line) => JSON.parse(line) as Entered);
  }
}

test(
  'for a thousand steps of two in turn the ledger names the right one each time, and neither page is told of the other’s panes',
  { timeout: 120_000 },
  async () => {
    let lies = false;
    const made: Rig = await rig({ setUp: true, second: names[1], falseProof: (proof) => (lies ? new Uint8Array(32) : proof) });
    const { app, clock, ptyHeard } = made;
    const tail = new Tail(made.home);
    const ids = tail.next().flatMap(({ action, person }) => (action === 'person.roles' ? [person!] : []));
    const posted = made.posted as readonly { readonly event?: string; readonly payload?: unknown; readonly error?: { readonly code: string } }[];
    const soon = (condition: () => void | Promise<void>): Promise<void> => waitFor(condition);

    /** Live panes of each, and the model: who is in, who is away and not parked yet, who failed last. */
    const panes: [number[], number[]] = [[], []];
    let present: Who | undefined;
    const away = new Set<Who>();
    let failed: Who | undefined;
    const walk = fc.sample(fc.tuple(fc.nat(99), fc.nat(0xffff)), STEPS);
    /** What a step has to have entered, in any order. */
    let expected: string[] = [];
    const will = (action: string, who: Who): void => void expected.push(`${action} ${names[who]}`);
    const heard = (type: string, from: number): number[] =>
      ptyHeard.slice(from).flatMap((message) => (message.type === type ? [message['pane'] as number] : []));

    async function comeIn(who: Who): Promise<void> {
      const [from, spawned] = [posted.length, ptyHeard.length];
      made.ask('lock.passphrase', { person: names[who] });
      will('unlock', who);
      for (const other of away) if (other !== who) will('session.park', other);
      await soon(() => expect(made.shown.at(-1)).toBe('workspace'));
      made.ask('hello', { publicKey: Buffer.alloc(65, 4).toString('base64') });
      made.ask('workspace.size', { cols: 160, rows: 50 });
      if (panes[who].length === 0) {
        await soon(() => expect(heard('spawn', spawned)).toHaveLength(1));
        panes[who].push(...heard('spawn', spawned));
        will('pane.open', who);
      }
      await soon(() => {
        const view = posted.slice(from).findLast(({ event }) => event === 'view')?.payload as WorkspaceView;
        expect(view.windows.flatMap((window) => window.panes.map(({ pane }) => pane)).toSorted()).toEqual(panes[who].toSorted());
      });
      away.clear();
      present = who;
      failed = undefined;
    }
    async function fail(who: Who): Promise<void> {
      lies = true;
      const from = posted.length;
      made.ask('lock.passphrase', { person: names[who] });
      await soon(() => expect(posted.slice(from).some(({ error }) => error?.code === 'not-proven')).toBe(true));
      lies = false;
      failed = who;
      will('unlock failed', who);
    }
    async function lock(cause: 'hotkey' | 'menu' | 'suspend'): Promise<void> {
      const who = present!;
      await app.lock(cause);
      expect(made.shown.at(-1)).toBe('lock');
      away.add(who);
      present = undefined;
      will('lock', who);
    }
    async function open(who: Who): Promise<void> {
      const spawned = ptyHeard.length;
      made.ask('command', { line: 'new-window' });
      await soon(() => expect(heard('spawn', spawned)).toHaveLength(1));
      panes[who].push(...heard('spawn', spawned));
      will('pane.open', who);
    }
    /** A program ends, by itself or because its pane is closed, of whoever it is. */
    function end(pane: number, who: Who): void {
      panes[who].splice(panes[who].indexOf(pane), 1);
      made.ptySays({ type: 'exit', pane, code: 0, signal: 0 });
      will('pane.close', who);
    }
    async function close(who: Who): Promise<void> {
      const from = ptyHeard.length;
      made.ask('command', { line: 'kill-pane' });
      await soon(() => expect(heard('kill', from)).toHaveLength(1));
      end(heard('kill', from)[0]!, who);
    }
    /** What is asked of a pane of somebody else's is asked of none. */
    async function reach(who: Who, pane: number): Promise<void> {
      const from = posted.length;
      made.ask('verify.pane', { pane });
      await soon(() => expect(posted.slice(from).some(({ error }) => error?.code === 'no-recording')).toBe(true));
      expect(panes[who]).not.toContain(pane);
    }

    const counts: Record<string, number> = {};
    for (const [n, [what, which]] of walk.entries()) {
      const seed = `step ${n} of PROPERTY_SEED=${fc.readConfigureGlobal().seed ?? 'random'}`;
      clock.now += STEP_MS;
      expected = [];
      const from = posted.length;
      const one = (which % 2) as Who;
      const other = present === undefined ? one : ((1 - present) as Who);
      const parked = panes[other];
      let step: string;
      if (present === undefined && what < 15 && failed !== one) {
        step = 'fail';
        await fail(one);
      } else if (present === undefined && what < 30 && parked.length > 1) {
        step = 'end behind the lock';
        end(parked[which % parked.length]!, other);
      } else if (present === undefined) {
        step = 'come in';
        await comeIn(one);
      } else if (what < 30) {
        step = 'lock';
        await lock((['hotkey', 'menu', 'suspend'] as const)[which % 3]!);
      } else if (what < 50 && panes[present].length < MOST_PANES) {
        step = 'open';
        await open(present);
      } else if (what < 65 && panes[present].length > 1) {
        step = 'close';
        await close(present);
      } else if (what < 85 && parked.length > 1) {
        step = 'end of a parked one';
        end(parked[which % parked.length]!, other);
      } else if (parked.length > 0) {
        step = 'reach';
        await reach(present, parked[0]!);
      } else {
        step = 'tick';
        await app.tick();
      }
      counts[step] = (counts[step] ?? 0) + 1;
      const entered: string[] = [];
      const look = (): void => {
        for (const { action, person, outcome } of tail.next())
          if (told.includes(action)) entered.push(`${action}${outcome === 'failure' ? ' failed' : ''} ${names[ids.indexOf(person!)] ?? person}`);
        expect(entered.toSorted(), `${seed}: ${step}`).toEqual(expected.toSorted());
      };
      await soon(look);
      // Of whoever is in, and of nobody else, their page is told.
      const views = posted.slice(from).flatMap(({ event, payload }) => (event === 'view' ? [payload as WorkspaceView] : []));
      const strange = views
        .flatMap(({ windows }) => windows.flatMap((window) => window.panes.map(({ pane }) => pane)))
        .filter((pane) => present !== undefined && panes[(1 - present) as Who].includes(pane));
      expect(strange, `${seed}: ${step}`).toEqual([]);
    }
    // A walk that goes nowhere shows nothing.
    for (const step of ['fail', 'end behind the lock', 'come in', 'lock', 'open', 'close', 'end of a parked one', 'reach'])
      expect(counts[step] ?? 0, step).toBeGreaterThan(10);
    expect(tail.next().filter(({ action }) => told.includes(action))).toEqual([]);
  },
);
