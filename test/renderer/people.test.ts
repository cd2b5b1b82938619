/** People in the window, and the page of whoever is at the keyboard of a covered session: by keys, to a screen reader, and at each size. */
import { expect, test } from 'vitest';
import { bullets } from '../../renderer/shared/secret-text.ts';
import type { BrowserContextOptions, Locator } from 'playwright-core';
import { Refusal } from '../../src/types/refusal.ts';
import { brings } from '../support/brings.ts';
import { axeViolations, until, type FakeCore, type Opened } from './harness.ts';
import { pagesOfTests } from './pages.ts';

const pages = pagesOfTests();
let opened: Opened;

const dialog = () => opened.page.getByRole('dialog', { name: 'People' });
const asked = (request: string): unknown[] => opened.core.requests.filter((one) => one.request === request).map(({ input }) => input);

async function openBand(options: BrowserContextOptions = {}, prepare: (core: FakeCore) => void = () => {}): Promise<void> {
  opened = await pages.workspace(options, prepare);
  const { page } = opened;
  await page.keyboard.press('Control+b');
  await page.keyboard.press(':');
  await page.keyboard.type('people');
  await brings(() => page.keyboard.press('Enter'), dialog());
}
async function openGuest(options: BrowserContextOptions = {}, prepare: (core: FakeCore) => void = () => {}): Promise<void> {
  opened = await pages.open('guest', options, prepare);
  await opened.page.getByRole('heading', { level: 1 }).waitFor();
}

test('who is there, and one of them disabled by keys alone, after a proof; nobody decides about themselves', async () => {
  await openBand();
  const { page, core } = opened;
  await dialog().getByRole('button', { name: 'Mara Ueda' }).waitFor();
  const text = await dialog().innerText();
  for (const part of [
    'S. Adeyemi',
    'p-0000000019d0',
    'disabled',
    'deleted',
    'record not as the ledger has it',
    'Nobody decides about themselves',
    'K. Moss (p-00000000e802)',
  ])
    expect(text).toContain(part);
  expect(text).not.toContain('S. Adeyemi (p-');
  await brings(
    () => dialog().getByRole('button', { name: 'Mara Ueda' }).press('Enter'),
    dialog().getByText('A role that they do not have yet, and new keys: K. Moss agrees here.'),
  );
  await brings(() => dialog().getByRole('button', { name: 'Disable: Mara Ueda' }).press('Enter'), dialog().getByText('Disable Mara Ueda (p-000000007c41).'));
  expect(asked('people.disable')).toEqual([{ id: 'p-000000007c41' }]);
  // Return with an empty field says what is missing, and asks for nothing.
  await brings(() => page.keyboard.press('Enter'), dialog().getByText('Type your passphrase, or use a passkey.'));
  await page.keyboard.type('kettle orbit willow prairie stamp');
  await brings(() => page.keyboard.press('Enter'), dialog().getByRole('status').getByText('is disabled.'));
  expect(asked('people.provePassphrase')).toEqual([{ go: true }]);
  expect(core.frames.filter(({ peer, frame }) => peer === 'vault' && frame.type === 'passphrase')).toHaveLength(1);
  // Looked at again.
  expect(asked('people.list')).toHaveLength(2);
  await page.keyboard.press('Escape');
  await until(async () => (await page.getByRole('dialog').count()) === 0, 'the band is closed');
});

test('what is typed while a proof is on its way stays in its field, and is sent when it is known what came of that', async () => {
  await openBand();
  const { page, core } = opened;
  const { promise, reject } = Promise.withResolvers<never>();
  // Refused before the core has asked, too: the page is busy before that.
  promise.catch(() => {});
  core.people.prove = () => promise;
  await dialog().getByRole('button', { name: 'Mara Ueda' }).press('Enter');
  await brings(() => dialog().getByRole('button', { name: 'Disable: Mara Ueda' }).press('Enter'), dialog().locator('#prove'));
  await page.keyboard.type('not the one that opens');
  await brings(() => page.keyboard.press('Enter'), dialog().getByRole('status').getByText('Looking whether it opens your keys'));
  await page.keyboard.type('kettle orbit');
  await page.keyboard.press('Enter');
  expect(await page.inputValue('#prove')).toBe(bullets('kettle orbit'));
  reject(new Refusal('wrong-passphrase', 'That did not open it.'));
  await dialog().getByRole('alert').getByText('That did not open it.').waitFor();
  expect(await page.inputValue('#prove')).toBe(bullets('kettle orbit'));
  core.people.prove = async () => ({ sentence: 'Mara Ueda (p-000000007c41) is disabled.' });
  await brings(() => page.keyboard.press('Enter'), dialog().getByRole('status').getByText('is disabled.'));
  const typed = core.frames.flatMap(({ frame }) => (frame.type === 'passphrase' ? [Buffer.from(frame.bytes).toString()] : []));
  expect(typed).toEqual(['not the one that opens', 'kettle orbit']);
});

test('new keys ask how it was seen that it is them, and no word is chosen before', async () => {
  await openBand();
  const { page } = opened;
  await dialog().getByRole('button', { name: 'Mara Ueda' }).press('Enter');
  await brings(() => dialog().getByRole('button', { name: 'New keys: Mara Ueda' }).press('Enter'), dialog().getByRole('radio', { name: /both know them/ }));
  await brings(() => page.keyboard.press('Enter'), dialog().getByText('Say how it was seen that it is them.'));
  await dialog()
    .getByRole('radio', { name: /staff badge/ })
    .check();
  await page.keyboard.press('Enter');
  await until(() => asked('people.rebind').length === 1, 'the request');
  expect(asked('people.rebind')).toEqual([{ id: 'p-000000007c41', checked: 'staff-badge' }]);
});

test('enrolling asks for a name and roles, and says whose turn it is next; a refusal is said in the core’s own words', async () => {
  await openBand();
  const { page, core } = opened;
  await dialog().getByRole('button', { name: 'Mara Ueda' }).waitFor();
  await page.keyboard.press('e');
  await brings(() => page.keyboard.press('Enter'), dialog().getByText('Write their name.'));
  core.people.ask = async () => {
    throw new Refusal('same-name', 'Somebody here has that name already.');
  };
  await page.keyboard.type('Jo Varga');
  await brings(() => page.keyboard.press('Enter'), dialog().getByRole('alert').getByText('Somebody here has that name already.'));
  core.people.ask = async () => ({ ...core.people.view(), step: 'newcomer', newcomer: 'Jo Varga' });
  await dialog()
    .getByRole('checkbox', { name: /^emergency/ })
    .check();
  await brings(() => dialog().getByRole('button', { name: /^Next/ }).click(), dialog().getByRole('status').getByText('Your panes are covered.'));
  expect(asked('people.enrol').at(-1)).toEqual({ name: 'Jo Varga', roles: ['operator', 'emergency'] });
});

test('somebody is stopped with a reason, another one’s stop is lifted, and so is the station stopped; each after a proof', async () => {
  await openBand();
  const { page, core } = opened;
  // Each deed has its own answer, so that no answer that stands there already is taken for the next one.
  const prove = async (sentence: string): Promise<void> => {
    core.people.prove = async () => ({ sentence });
    await dialog().locator('#prove').fill('kettle orbit willow prairie stamp');
    await brings(() => page.keyboard.press('Enter'), dialog().getByRole('status').getByText(sentence));
  };
  await dialog().getByRole('button', { name: 'Mara Ueda' }).press('Enter');
  await dialog().getByRole('button', { name: 'Stop: Mara Ueda' }).press('Enter');
  await brings(() => page.keyboard.press('Enter'), dialog().getByRole('alert').getByText('Choose why first.'));
  expect(asked('people.stop')).toEqual([]);
  expect(await axeViolations(opened)).toEqual([]);
  await dialog().getByRole('radio', { name: 'dismissal' }).check();
  await page.keyboard.press('Enter');
  await prove('Mara Ueda (p-000000007c41) is stopped, until another security admin lifts it.');
  expect(asked('people.stop')).toEqual([{ id: 'p-000000007c41', reason: 'dismissal' }]);
  await brings(() => dialog().getByRole('button', { name: 'N. Reyes' }).press('Enter'), dialog().getByRole('button', { name: 'Lift the stop: N. Reyes' }));
  expect(
    await dialog()
      .getByRole('button', { name: /^(Stop|Let in again|Disable): / })
      .count(),
  ).toBe(0);
  await dialog().getByRole('button', { name: 'Lift the stop: N. Reyes' }).press('Enter');
  await prove('The stop of N. Reyes (p-00000000a5a5) is lifted.');
  expect(asked('people.lift')).toEqual([{ id: 'p-00000000a5a5' }]);
  await brings(() => dialog().getByRole('button', { name: 'Stop the workstation' }).press('Enter'), dialog().getByText('Everybody is locked out, you too.'));
  await dialog().getByRole('radio', { name: 'security incident' }).check();
  await page.keyboard.press('Enter');
  await prove('This workstation is stopped.');
  expect(asked('people.stopStation')).toEqual([{ reason: 'security-incident' }]);
  // Whoever has stopped somebody lifts it not, and is told who does.
  const { list } = core.people;
  core.people.list = async () => {
    const listed = await list();
    return { ...listed, people: listed.people.map((one) => (one.state === 'stopped' ? { ...one, yourStop: true } : one)) };
  };
  await page.keyboard.press('Escape');
  await until(async () => (await page.getByRole('dialog').count()) === 0, 'the band is closed');
  await page.keyboard.press('Control+b');
  await page.keyboard.press(':');
  await page.keyboard.type('people');
  await page.keyboard.press('Enter');
  await brings(
    () => dialog().getByRole('button', { name: 'N. Reyes' }).press('Enter'),
    dialog().getByText('You have stopped them: another security admin lifts it.'),
  );
  expect(
    await dialog()
      .getByRole('button', { name: /^Lift the stop/ })
      .count(),
  ).toBe(0);
});

test('whoever may not decide looks, and is told who may', async () => {
  await openBand({}, (core) => {
    const { list } = core.people;
    core.people.list = async () => ({ ...(await list()), may: false });
  });
  await dialog().getByText('You may look. A security admin decides about people: S. Adeyemi (p-0000000019d0), K. Moss (p-00000000e802).').waitFor();
  expect(
    await dialog()
      .getByRole('button', { name: /^(Roles|Disable|Delete|New keys|Enrol)/ })
      .count(),
  ).toBe(0);
});

test('shells of somebody who was logged off are listed for whoever may end them, and ended after a second thought', async () => {
  const since = '2026-11-24T05:10:00.000Z';
  await openBand({}, (core) => {
    core.held = [
      { id: 'p-0000000000d1', name: 'Jo Varga', shells: 3, since },
      { id: 'p-0000000000d2', name: null, shells: 1, since },
    ];
  });
  const { page } = opened;
  const held = dialog().getByRole('region', { name: 'Shells that run on' });
  await held.getByText('3 shells, since').waitFor();
  await held.getByText('p-0000000000d2').first().waitFor();
  await brings(() => held.getByRole('button', { name: 'End them: Jo Varga' }).press('Enter'), held.getByText('What Jo Varga has not saved is lost.'));
  // What changes nothing has the focus.
  await brings(() => page.keyboard.press('Enter'), held.getByRole('button', { name: 'End them: Jo Varga' }));
  expect(asked('people.endHeld')).toEqual([]);
  await brings(() => held.getByRole('button', { name: 'End them: Jo Varga' }).press('Enter'), held.getByRole('button', { name: 'End now' }));
  expect(await axeViolations(opened)).toEqual([]);
  await brings(() => held.getByRole('button', { name: 'End now' }).press('Enter'), held.getByRole('status').getByText('of Jo Varga ended.'));
  expect(asked('people.endHeld')).toEqual([{ id: 'p-0000000000d1' }]);
  expect(await held.getByRole('button', { name: /^End them:/ }).count()).toBe(1);
});

test('whoever may not end them is not told whose shells run on', async () => {
  await openBand({}, (core) => {
    core.held = [{ id: 'p-0000000000d1', name: 'Jo Varga', shells: 3, since: '2026-11-24T05:10:00.000Z' }];
    core.status = { ...core.status, permits: core.status.permits.filter((needs) => needs !== 'logoff.end-held') };
  });
  await dialog().getByRole('button', { name: 'Mara Ueda' }).waitFor();
  expect(await dialog().getByText('Shells that run on').count()).toBe(0);
  expect(asked('people.held')).toEqual([]);
});

test('what cannot be had is said', async () => {
  await openBand({}, (core) => {
    core.people.list = async () => {
      throw new Refusal('busy', 'The ledger cannot be read.');
    };
  });
  await dialog().getByRole('alert').getByText('The ledger cannot be read.').waitFor();
});

test('a second person reads the request and its whole hash, and agrees by their own id and passphrase; then who asked is asked', async () => {
  await openGuest();
  const { page, core } = opened;
  const main = page.getByRole('main');
  const text = await main.innerText();
  for (const part of ['Give Mara Ueda', '4be1 90c7 d2f8 1a36 77b0 5e9c 03da f461 9c28 e5b6 6d17 40af 8832 c1e6 b95d e29a', 'K. Moss', 'D. Farrow'])
    expect(text).toContain(part);
  expect(await page.locator('footer').innerText()).toContain('S. Adeyemi’s panes are covered');
  expect(await page.locator('.pane, .xterm').count()).toBe(0);
  await page.keyboard.type('K. Moss');
  await page.keyboard.press('Tab');
  await page.keyboard.type('marble canyon drizzle hammock violet');
  await brings(() => page.keyboard.press('Enter'), main.getByText('K. Moss has agreed and signed.'));
  expect(asked('people.agreePassphrase')).toEqual([{ person: 'K. Moss' }]);
  await page.keyboard.type('kettle orbit willow prairie stamp');
  await page.keyboard.press('Enter');
  await until(() => asked('people.provePassphrase').length === 1, 'who asked is back');
  expect(asked('people.provePassphrase')).toEqual([{ go: true }]);
  expect(core.frames.filter(({ frame }) => frame.type === 'passphrase')).toHaveLength(2);
});

test('a second person refuses: who asked only comes back; ctrl-shift-l locks from a field', async () => {
  await openGuest();
  const { page } = opened;
  await brings(() => page.getByRole('button', { name: /^Refuse/ }).click(), page.getByText('The other person does not agree'));
  expect(await page.getByRole('button', { name: /^Do it/ }).count()).toBe(0);
  await page.keyboard.type('kettle orbit willow prairie stamp');
  await page.keyboard.press('Enter');
  await until(() => asked('people.provePassphrase').length === 1, 'who asked is back');
  expect(asked('people.provePassphrase')).toEqual([{ go: false }]);
  await page.locator('#prove').focus();
  await page.keyboard.press('Control+Shift+L');
  await until(() => asked('lock').length === 1, 'it locks');
});

test('who gets new keys in place of theirs reads what stays closed to them, before they choose; somebody new does not', async () => {
  for (const renews of [true, false]) {
    await openGuest({}, (core) => {
      const view = core.people.view();
      core.people.view = () => ({ ...view, step: 'newcomer', newcomer: 'Jo Varga', renews, hash: null, who: [] });
    });
    const { page } = opened;
    await page.getByRole('heading', { name: 'Jo Varga, choose a passphrase that is only yours.' }).waitFor();
    expect(await page.getByText('what you recorded until now stays closed to you').count()).toBe(renews ? 1 : 0);
  }
});

test('somebody new chooses a passphrase alone; what the core refuses is said, and they choose again', async () => {
  await openGuest({}, (core) => {
    const view = core.people.view();
    core.people.view = () => ({ ...view, step: 'newcomer', newcomer: 'Jo Varga', words: 'Enrol Jo Varga as operator.', hash: null, who: [] });
  });
  const { page, core } = opened;
  await page.getByRole('heading', { name: 'Jo Varga, choose a passphrase that is only yours.' }).waitFor();
  const fresh = async (): Promise<void> => {
    await page.locator('#passphrase').fill('violin harbour seven lanterns moss');
    await page.locator('#again').fill('violin harbour seven lanterns moss');
    await page.keyboard.press('Enter');
  };
  core.people.newcomer = async () => {
    throw new Refusal('weak-passphrase', 'It needs 15 characters.');
  };
  await fresh();
  await page.getByRole('alert').getByText('It needs 15 characters.').waitFor();
  core.people.newcomer = async () => ({ ...core.people.view(), step: 'proof' });
  await fresh();
  await page.getByRole('heading', { name: 'The keyboard goes back to S. Adeyemi.' }).waitFor();
  // Leaving it takes the same proof.
  await page.getByRole('button', { name: /^Come back without it/ }).click();
  await page.locator('#prove').fill('kettle orbit willow prairie stamp');
  await page.keyboard.press('Enter');
  await until(() => asked('people.provePassphrase').length === 1, 'who asked is back');
  expect(asked('people.provePassphrase')).toEqual([{ go: false }]);
});

test('at 800 wide the line of the covered page keeps its words: of the settings only whole ones stand', async () => {
  await openGuest({ viewport: { width: 800, height: 600 } });
  const cut = `[...document.querySelectorAll('.guest__line > :not(.line__state), .guest__line .line__where > *')].filter((part) => part.scrollWidth > part.clientWidth).map((part) => part.textContent)`;
  expect(await opened.page.evaluate(cut)).toEqual([]);
  const halves = `(() => { const line = document.querySelector('.guest__line').getBoundingClientRect();
    return [...document.querySelectorAll('.guest__line .line__state > *')].map((part) => part.getBoundingClientRect())
      .filter(({ top, left, right }) => top < line.bottom - 1 && (left < document.querySelector('.guest__line .line__where').getBoundingClientRect().right - 1 || right > line.right)).length; })()`;
  expect(await opened.page.evaluate(halves)).toBe(0);
});

const sizes: readonly (readonly [string, BrowserContextOptions])[] = [
  ['1024, dark', { viewport: { width: 1024, height: 640 }, colorScheme: 'dark' }],
  ['1440, light', { viewport: { width: 1440, height: 900 }, colorScheme: 'light' }],
  ['2560', { viewport: { width: 2560, height: 1440 } }],
  ['forced colours', { viewport: { width: 1024, height: 640 }, forcedColors: 'active' }],
];
const wider = (selector: string): Promise<number> =>
  opened.page.evaluate(`(() => { const box = document.querySelector('${selector}'); return box.scrollWidth - box.clientWidth; })()`);

/** That all of it is in the window, above the line. */
async function expectSeen(part: Locator): Promise<void> {
  const box = (await part.boundingBox())!;
  const line = (await opened.page.locator('footer').boundingBox())!;
  expect(box.y).toBeGreaterThanOrEqual(0);
  expect(box.y + box.height).toBeLessThanOrEqual(line.y);
}

/** Each part of the covered page, and whatever it holds: left, right and bottom in points. */
const parts = `[...document.querySelectorAll('main > *')].map((part) => { const all = [part, ...part.querySelectorAll('*')].map((one) => one.getBoundingClientRect());
  return { left: part.getBoundingClientRect().left, right: Math.max(...all.filter(({ width }) => width > 0).map(({ right }) => right)) }; })`;

test.each(sizes)('%s: what is asked and who answers share the page, and neither runs into the other', async (_, options) => {
  const long = '"' + 'Authorised staff only, and nobody else reads what stands here. '.repeat(2) + '"';
  await openGuest(options, (core) => {
    const view = core.people.view();
    core.people.view = () => ({ ...view, changes: [{ field: 'workstation.banner', before: '""', after: long, direction: 'stronger' }] });
  });
  await opened.page.getByRole('cell', { name: 'workstation.banner' }).waitFor();
  const { width } = opened.page.viewportSize()!;
  const [asked, answer] = await opened.page.evaluate<[{ left: number; right: number }, { left: number; right: number }]>(parts);
  expect(asked.right).toBeLessThanOrEqual(answer.left);
  // No empty column beside them.
  expect(answer.left).toBeLessThan(width * 0.55);
  expect(answer.left).toBeGreaterThan(width * 0.45);
  // An id is read aloud in one piece.
  expect(await opened.page.evaluate(`[...document.querySelectorAll('.whole')].map((id) => [id.textContent, id.getClientRects().length])`)).toEqual([
    ['p-000000000001', 1],
  ]);
});

test('at 1024 by 640 a refused answer is told where it was given, and the whole hash is on the screen', async () => {
  await openGuest({ viewport: { width: 1024, height: 640 } }, (core) => {
    core.people.agree = async () => {
      throw new Refusal('wrong-passphrase', 'That did not open it.');
    };
  });
  const { page } = opened;
  await page.locator('#agree-id').fill('K. Moss');
  await page.locator('#agree').fill('kettle orbit willow prairie stamp');
  await page.keyboard.press('Enter');
  await expectSeen(page.getByRole('alert').getByText('That did not open it.'));
  await expectSeen(page.locator('.guest__hash'));
});

test.each([...sizes, ['text at 200 percent of 1440', { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 }] as const])(
  '%s: axe finds nothing on either page, and nothing is wider than it',
  async (_, options) => {
    await openBand(options);
    await brings(() => dialog().getByRole('button', { name: 'Mara Ueda' }).click(), dialog().getByRole('button', { name: 'Delete: Mara Ueda' }));
    expect(await axeViolations(opened)).toEqual([]);
    expect(await wider('dialog.band')).toBe(0);
    await opened.context.close();
    await openGuest(options);
    expect(await axeViolations(opened)).toEqual([]);
    expect(await wider('main')).toBe(0);
  },
);
