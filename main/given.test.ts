/** Commands that come from a command line: who may give one, what is entered, and what is refused. */
import { expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandProof } from '../src/control/command.ts';
import { Challenge, prove } from '../src/proof/proof.ts';
import { waitFor } from '../test/support/wait-for.ts';
import { rig, unlocked, type Rig } from './app.fixture.ts';

type Entered = { readonly action: string; readonly person?: string; readonly outcome?: string; readonly detail?: Record<string, unknown> };
const events = (made: Rig, action: string): Entered[] =>
  readFileSync(join(made.home, 'ledger', 'events.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Entered)
    .filter((event) => event.action === action);

async function withWindow(): Promise<Rig> {
  const made = await unlocked();
  const id = made.ask('workspace.size', { cols: 120, rows: 40 });
  await waitFor(() => expect(made.posted.find((each) => each.id === id)).toMatchObject({ ok: true }));
  return made;
}

/** Gives a command as `wardmux` does. @param said what is given in place of the words that the proof is over */
async function give(made: Rig, words: readonly string[], said: readonly string[] = words) {
  const { challenge, command } = made.app.socket.handlers;
  const { person, sealed } = await challenge({});
  const proof = await prove(made.admin(), sealed, commandProof(person, words));
  return command({ words: [...said], sealed, proof: Buffer.from(proof).toString('base64') });
}

test('whoever proves to be in gives commands, each is an event, and nothing of its words is in the ledger', async () => {
  const made = await withWindow();
  expect(await give(made, ['new-window', '-n', 'bed-twelve', ';', 'list-windows', '-F', '#W'])).toEqual({ output: 'sh\nbed-twelve\n', refused: false });
  expect(await give(made, ['kill-window', '-t', ':9'])).toMatchObject({ output: '', refused: true, note: expect.stringContaining('There is no window') });
  expect(await give(made, ['send-keys', 'bed-twelve'])).toMatchObject({ refused: true, note: expect.stringContaining('no sealed way') });
  await waitFor(() => expect(events(made, 'command.given')).toHaveLength(4));
  const person = made.admin().person.id;
  expect(events(made, 'command.given')).toMatchObject([
    { person, outcome: 'success', detail: { command: 'new-window' } },
    { person, outcome: 'success', detail: { command: 'list-windows' } },
    { person, outcome: 'failure', detail: { command: 'kill-window' } },
    { person, outcome: 'failure', detail: { command: 'send-keys' } },
  ]);
  expect(readFileSync(join(made.home, 'ledger', 'events.jsonl'), 'utf8')).not.toContain('bed-twelve');
});

test('a proof is good for its words, once, for who is in, and for no other', async () => {
  const made = await withWindow();
  const { challenge, command } = made.app.socket.handlers;
  const windows = async (): Promise<string> => (await give(made, ['list-windows', '-F', '#I'])).output;
  await expect(give(made, ['new-window'], ['kill-window'])).rejects.toMatchObject({ code: 'not-proven' });
  const { person, sealed } = await challenge({});
  const words = ['new-window'];
  const proof = Buffer.from(await prove(made.admin(), sealed, commandProof(person, words))).toString('base64');
  expect(await command({ words, sealed, proof })).toMatchObject({ refused: false });
  await expect(command({ words, sealed, proof })).rejects.toMatchObject({ code: 'not-proven' });
  // One that nobody here has asked for, although it is sealed to who is in.
  const own = (await Challenge.to(made.admin().person.encryptionKey)).sealed;
  const answered = Buffer.from(await prove(made.admin(), own, commandProof(person, words))).toString('base64');
  await expect(command({ words, sealed: own, proof: answered })).rejects.toMatchObject({ code: 'not-proven' });
  // Another purpose, and another person's name.
  for (const wrong of [{ ...commandProof(person, words), purpose: 'unlock' as const }, commandProof('p-0123456789ab', words)]) {
    const next = await challenge({});
    const answer = Buffer.from(await prove(made.admin(), next.sealed, wrong)).toString('base64');
    await expect(command({ words, sealed: next.sealed, proof: answer })).rejects.toMatchObject({ code: 'not-proven' });
  }
  expect(await windows()).toBe('0\n1\n');
  await waitFor(() => expect(events(made, 'bridge.refused').some(({ detail }) => detail?.['peer'] === 'socket')).toBe(true));
});

test('of many challenges that nobody answers the newest still stand', async () => {
  const made = await withWindow();
  const { challenge } = made.app.socket.handlers;
  for (let n = 0; n < 100; n++) await challenge({});
  expect(await give(made, ['list-panes', '-F', '#P'])).toEqual({ output: '1\n', refused: false });
});

test('nothing is given while it is locked, nor with a challenge from before the lock', async () => {
  const made = await withWindow();
  const { challenge, command } = made.app.socket.handlers;
  const { person, sealed } = await challenge({});
  const proof = Buffer.from(await prove(made.admin(), sealed, commandProof(person, ['new-window']))).toString('base64');
  await made.app.lock('hotkey');
  await expect(challenge({})).rejects.toMatchObject({ code: 'locked' });
  await expect(command({ words: ['new-window'], sealed, proof })).rejects.toMatchObject({ code: 'locked' });
  const shown = made.shown.length;
  made.ask('lock.passphrase');
  await waitFor(() => expect(made.shown.slice(shown)).toContain('workspace'));
  await expect(command({ words: ['new-window'], sealed, proof })).rejects.toMatchObject({ code: 'not-proven' });
  expect(await give(made, ['list-windows', '-F', '#I'])).toEqual({ output: '0\n', refused: false });
});

test('before there is a window it is not ready, and before the first run nobody is in', async () => {
  expect(await give(await unlocked(), ['list-windows'])).toMatchObject({ refused: true, note: expect.stringContaining('not ready') });
  const none = await rig({ setUp: false });
  await expect(none.app.socket.handlers.challenge({})).rejects.toMatchObject({ code: 'locked' });
});
