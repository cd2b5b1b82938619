/** Alerts in the whole app: found in the ledger by a process of their own, told on the line, at the lock and by the desktop, and closed with a note by somebody else. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { noBus, serve, startBus, type TestBus } from '../../src/dbus/bus.fixture.ts';
import type { Value } from '../../src/dbus/values.ts';
import { brings } from '../support/brings.ts';
import { asAdmin, enrolOther } from './as-admin.ts';
import { entered, firstRun, passphrase, prompt, start, until, wardmux, type Running } from './support.ts';

let running: Running;
let bus: TestBus | undefined;
const desktop: (readonly Value[])[] = [];

beforeAll(async () => {
  if (noBus === undefined) {
    bus = await startBus();
    await serve(bus.path, 'org.freedesktop.Notifications', {
      'org.freedesktop.Notifications.Notify': (values) => {
        desktop.push(values);
        return ['u', [7]];
      },
    });
  } else console.log(`alerts.test.ts: ${noBus}`);
  running = await start({ env: bus ? { DBUS_SESSION_BUS_ADDRESS: bus.address } : {} });
  await firstRun(running, { passkey: false });
  await prompt(running);
});
afterAll(async () => {
  await running.stop();
  running.remove();
  await bus?.stop();
});

/** The app's clock stands still, and each second of it is the test's. */
const second = async (): Promise<void> => {
  running.clock.advance(1000);
  await running.app.tick();
};
const line = () => running.page.locator('.line');
const openOf = async (): Promise<{ id: string }[]> => JSON.parse((await wardmux(['alerts', '--json'], { home: running.home })).stdout) as { id: string }[];

test('an alert comes to the line, to the desktop and to the lock page, and says nothing there of whom or what', async () => {
  // A policy.json that nobody has accepted: the first look at it is an event, and that an alert.
  const file = join(running.home, 'policy.json');
  const policy = readFileSync(file, 'utf8');
  writeFileSync(file, '{"version":');
  await until(async () => {
    await second();
    return (await line().innerText()).includes('1 alert');
  }, 'the alert on the line');
  expect((await openOf()).map(({ id }) => id)).toEqual([expect.stringMatching(/^\d+\/policy-file$/)]);
  writeFileSync(file, policy);
  if (bus) {
    await until(async () => {
      await second();
      return desktop.length > 0;
    }, 'the notification');
    expect(desktop.map(([app, , , summary, body]) => [app, summary, body])).toEqual([['Wardmux', 'Wardmux', '1 alert is open.']]);
  }
  await running.app.lock('menu');
  await running.surface('lock');
  await running.page.getByText('1 alert is open.').waitFor();
  expect(await running.page.locator('body').innerText()).not.toContain('policy.json');
  await running.page.locator('#passphrase').fill(passphrase);
  await running.page.keyboard.press('Enter');
  await running.surface('workspace');
  await line().getByText('1 alert', { exact: true }).waitFor();
});

test('it is closed in the window with a note that only the audit key opens, and the line is calm again', async () => {
  const [{ id }] = (await openOf()) as [{ id: string }];
  await running.page.getByRole('button', { name: '1 alert' }).click();
  const dialog = running.page.getByRole('dialog', { name: 'Alerts' });
  await dialog.getByRole('button', { name: `Close: ${id}` }).click();
  await running.page.locator('#alert-note').fill('The editor was cut off; file put back.');
  await brings(() => running.page.keyboard.press('Enter'), dialog.getByText(`Alert ${id} is closed.`));
  await dialog.getByText('No alert is open.').waitFor();
  expect(await openOf()).toEqual([]);
  expect(entered(running, 'alert.closed')).toMatchObject([{ person: expect.stringMatching(/^p-/), detail: { rule: 'policy-file', about: [] } }]);
  const notes = join(running.home, 'alert-notes');
  for (const name of readdirSync(notes)) expect(readFileSync(join(notes, name), 'utf8')).not.toContain('editor');
  const auditKey = readdirSync(running.folder).find((name) => name.startsWith('wardmux-audit-key'))!;
  const read = await wardmux(['alert', 'note', id, '--key', join(running.folder, auditKey)], { home: running.home });
  expect(read).toMatchObject({ status: 0, stdout: 'The editor was cut off; file put back.\n' });
  await until(async () => {
    await second();
    return !(await line().innerText()).includes('alert');
  }, 'the line without an alert');
  expect(await wardmux(['ledger', 'verify'], { home: running.home })).toMatchObject({ status: 0 });
});

test('the process that looks for alerts is killed: it is entered, it begins anew, and nothing is told twice', async () => {
  const before = desktop.length;
  const pid = running.app.processes.audit!;
  process.kill(pid, 'SIGKILL');
  await until(() => entered(running, 'audit-host.exit').length === 1, 'its end in the ledger');
  // That it ended is an alert itself, which the next one finds.
  await until(async () => {
    await second();
    return (await line().innerText()).includes('1 alert');
  }, 'the next process');
  expect(running.app.processes.audit).not.toBe(pid);
  expect((await openOf()).map(({ id }) => id)).toEqual([expect.stringMatching(/\/crashed$/)]);
  if (bus) {
    await until(async () => {
      await second();
      return desktop.length > before;
    }, 'the notification of it');
    for (let n = 0; n < 90; n++) await second();
    expect(desktop.slice(before).map(([, , , , body]) => body)).toEqual(['1 alert is open.']);
  }
});

test('the audit centre shows what happened, from the ledger’s end, and who looked there is in it', async () => {
  await running.page.keyboard.press('Escape');
  await running.page.getByRole('dialog', { name: 'Alerts' }).waitFor({ state: 'detached' });
  await running.page.keyboard.press('Control+b');
  await running.page.keyboard.type(':audit');
  await running.page.keyboard.press('Enter');
  const dialog = running.page.getByRole('dialog', { name: 'Audit centre' });
  // The newest is the look itself, which is entered before anything is shown.
  await dialog.locator('.audit__table tbody tr').first().getByText('ledger.read').waitFor();
  const looks = entered(running, 'ledger.read').filter(({ detail }) => detail?.['window'] === true);
  expect(looks).toMatchObject([{ person: expect.stringMatching(/^p-/), detail: { how: 'list' } }]);
  await dialog.getByLabel('action').fill('first-run');
  await running.page.keyboard.press('Enter');
  // All of it was there before.
  await until(async () => (await dialog.locator('.audit__table .event__open').count()) === 1, 'the one event');
  await dialog.locator('.audit__table .name', { hasText: 'first-run' }).waitFor();
  await dialog.getByText('events of people in 7 days').waitFor();
  await dialog.getByText('There was no review yet.').waitFor();
  expect(entered(running, 'ledger.read').filter(({ detail }) => detail?.['window'] === true)).toHaveLength(2);
});

test('a review that an auditor has signed by the command is the last one there, and the centre goes on', async () => {
  const words = 'saddle lantern pepper thimble gravel';
  let auditor = '';
  await asAdmin(running, 0, passphrase, async (parts) => (auditor = await enrolOther(parts, 'Uma Okafor', words, ['auditor'])));
  const sign = ['audit', 'sign', '--finding', 'nothing', '--note', 'Looked at.', '--person', auditor, '--passphrase-fd', '3'];
  const signed = await wardmux(sign, { home: running.home, passphrase: words });
  expect(signed, signed.stderr).toMatchObject({ status: 0 });
  const dialog = running.page.getByRole('dialog', { name: 'Audit centre' });
  await brings(
    () => dialog.getByRole('button', { name: /^Look again/ }).click(),
    dialog.getByText(/^The last one: .*, by Uma Okafor, events 0 to \d+: nothing to follow up\.$/),
  );
  await dialog.getByText('There was no review yet.').waitFor({ state: 'detached' });
  expect((await dialog.getByRole('alert').allInnerTexts()).join('')).toBe('');
});

test('a file of the data folder that is not what its name says is found by the look behind a start, and is an alert in the centre', async () => {
  const file = `alert-notes/${'ab'.repeat(32)}.json`;
  writeFileSync(join(running.home, file), '{}');
  // The process that looks may have looked before that; the next one looks some seconds after its start.
  const pid = running.app.processes.audit!;
  process.kill(pid, 'SIGKILL');
  await until(() => running.app.processes.audit === undefined, 'its end');
  await until(async () => {
    await second();
    return running.app.processes.audit !== undefined;
  }, 'the next process');
  await until(() => entered(running, 'integrity.check').length === 1, 'the look');
  expect(entered(running, 'integrity.differs')).toMatchObject([{ detail: { part: 'data', how: 'changed', file, expected: 'ab'.repeat(32) } }]);
  expect(entered(running, 'integrity.check')).toMatchObject([{ outcome: 'failure', detail: { differences: 1 } }]);
  expect((await openOf()).map(({ id }) => id)).toContainEqual(expect.stringMatching(/\/program-changed$/));
  const dialog = running.page.getByRole('dialog', { name: 'Audit centre' });
  await brings(() => dialog.getByRole('button', { name: /^Look again/ }).click(), dialog.getByText('program-changed'));
});
