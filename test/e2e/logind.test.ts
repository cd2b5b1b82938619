/**
 * The app in its window, on a machine whose logind does what the test says: it sleeps only when the lock is proven and the page with the text is gone, and
 * wakes at the lock page; its lock, another person in front and the lid lock. The bus, the delay lock and the browser are real.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startBus, type TestBus } from '../../src/dbus/bus.fixture.ts';
import { rendererPids } from '../../src/browser/processes.ts';
import { noLogind, startLogind, type TestLogind } from '../support/logind.ts';
import { entered, firstRun, paneText, shownRows, run, start, unlockWithPassphrase, until, type Running } from './support.ts';

describe('a logind on a bus', () => {
  let bus: TestBus;
  let logind: TestLogind;
  let running: Running;
  beforeEach(async (context) => {
    if (noLogind !== undefined) context.skip(noLogind);
    bus = await startBus();
    logind = await startLogind(bus.address);
    running = await start({ env: logind.env });
    await firstRun(running, { passkey: false });
    await logind.says('inhibits');
  });
  afterEach(async () => {
    if (noLogind !== undefined) return;
    await running.stop();
    running.remove();
    await logind.stop();
    await bus.stop();
  });

  const locks = (): unknown[] => entered(running, 'lock').map(({ detail }) => detail);
  /** How it was proven that nothing is to be seen: where that takes too long (on a busy machine), by the end of the browser that stood there. */
  const proof = (browser: number | undefined): string => (running.host.browserPid === browser ? 'gone' : 'killed');

  test('it sleeps when nothing is to be seen any more, and not before; it wakes at the lock page', async () => {
    await run(running, 'echo before-$((20+1))', 'before-21');
    for (const times of [1, 2]) {
      const before = rendererPids(process.pid);
      const browser = running.host.browserPid;
      await logind.tell('sleep');
      await logind.says('asleep', times);
      // What holds now was so before the machine could sleep.
      expect(running.app.surface).toBe('lock');
      expect(locks().at(-1)).toEqual({ cause: 'suspend', visible: proof(browser) });
      expect(before.filter((pid) => rendererPids(process.pid).includes(pid))).toEqual([]);
      await logind.tell('wake');
      await logind.says('inhibits', times + 1);
      await running.surface('lock');
      expect(await shownRows(running)).toBe('');
      await unlockWithPassphrase(running);
      await until(async () => (await paneText(running)).includes('before-21'), 'the pane as it was');
    }
  });

  test.each([
    ['lock', 'os-lock'],
    ['active 0', 'user-switch'],
    ['lid 1', 'lid'],
  ])('%s locks (%s)', async (word, cause) => {
    await logind.tell('unlock');
    // The lid was seen open.
    await logind.says('lid', 2);
    const browser = running.host.browserPid;
    await logind.tell(word);
    await running.surface('lock');
    await until(() => locks().length > 0, 'the event');
    expect(locks()).toEqual([{ cause, visible: proof(browser) }]);
  });
});
