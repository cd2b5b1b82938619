import { bullet, bullets } from '../../renderer/shared/secret-text.ts';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { BrowserContextOptions } from 'playwright-core';
import { Refusal } from '../../src/types/refusal.ts';
import { brings } from '../support/brings.ts';
import { axeViolations, calmLock, until, type FakeCore, type Opened } from './harness.ts';
import { pagesOfTests } from './pages.ts';

const pages = pagesOfTests();
let opened: Opened;
const person = 'p-000000000001';

async function start(prepare: (core: FakeCore) => void | Promise<void> = () => {}, options: BrowserContextOptions = {}): Promise<Opened> {
  opened = await pages.open('lock', options, prepare);
  await opened.page.waitForSelector('.poster__way');
  return opened;
}
const withoutPasskey = (core: FakeCore): void => void (core.lockFacts = { ...calmLock, people: [{ id: person, masked: 'M. U.', methods: ['passphrase'] }] });
const focused = (): Promise<string> => opened.page.evaluate<string>('document.activeElement.id || document.activeElement.textContent');

test('what this window cannot do with passkeys stands beside the passkey, and not beside the passphrase', async () => {
  const limit = 'In this window a security key that asks for a PIN does not work.';
  const { page } = await start((core) => void (core.passkeyLimit = limit));
  expect(await page.textContent('.poster__note')).toContain(limit);
  await brings(() => page.keyboard.press('p'), page.locator('#passphrase'));
  expect(await page.textContent('.poster__note')).not.toContain(limit);
});

test('the lock loads no code of the workspace', async () => {
  const { page } = await start();
  const loaded = await page.evaluate<string[]>(
    `performance.getEntriesByType('resource').map((entry) => entry.name).filter((name) => name.endsWith('.js') || name.endsWith('.css'))`,
  );
  expect(loaded.length).toBeGreaterThan(0);
  for (const url of loaded) {
    const source = readFileSync(new URL(`../../dist/renderer${new URL(url).pathname}`, import.meta.url), 'utf8');
    expect(source.includes('xterm'), url).toBe(false);
    expect(source.includes('split-window'), url).toBe(false);
  }
});

test('it shows what may stand on a locked workstation, and has the way in ready', async () => {
  const { page } = await start();
  const text = await page.evaluate<string>('document.body.innerText');
  for (const word of ['wardmux', 'ICU-WS-014', 'M. U.', 'Locked', 'Ostermoor', 'since 14:20']) expect(text).toContain(word);
  expect(await focused()).toContain('Unlock with passkey');
  expect(await axeViolations(opened)).toEqual([]);
  await brings(() => page.keyboard.press('p'), page.locator('#passphrase'));
  expect(await focused()).toBe('passphrase');
  expect(await axeViolations(opened)).toEqual([]);
});

test('without a passkey the passphrase field has the focus, and Return unlocks', async () => {
  const { page, core } = await start(withoutPasskey);
  expect(await focused()).toBe('passphrase');
  await page.keyboard.type('gravel kettle ostrich violin');
  await page.keyboard.press('Enter');
  await until(() => core.requests.some(({ request }) => request === 'lock.passphrase'), 'the request');
  const [secret] = core.frames;
  expect(secret?.peer).toBe('vault');
  expect(secret?.frame.type === 'passphrase' && Buffer.from(secret.frame.bytes).toString()).toBe('gravel kettle ostrich violin');
  expect(await page.inputValue('#passphrase')).toBe('');
  expect(core.requests.map(({ input }) => JSON.stringify(input)).join()).not.toContain('gravel');
});

test('the field never holds what is typed into it, nor does a selection of it: edited anywhere, the right text is sent', async () => {
  const { page, core } = await start(withoutPasskey);
  await page.evaluate(`globalThis.seen = new Set(); document.addEventListener('keyup', () => seen.add(document.querySelector('#passphrase').value))`);
  // Announced, and not done: nothing of it may count for the next key.
  for (const key of ['Backspace', 'Enter', 'Delete', 'Enter']) await page.keyboard.press(key);
  await page.keyboard.type('kettle xostrich');
  for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'Backspace', 'Home', 'Shift+ArrowRight'])
    await page.keyboard.press(key);
  await page.keyboard.type('KK');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText('\u00e9');
  await page.keyboard.press('End');
  await page.keyboard.type('!');
  await page.keyboard.press('Control+a');
  expect(await page.evaluate('String(getSelection())')).not.toMatch(/[a-z]/i);
  await page.keyboard.press('End');
  const seen = await page.evaluate<string[]>('[...seen]');
  expect(seen.length).toBeGreaterThan(5);
  expect(seen.filter((value) => value.replaceAll(bullet, '') !== '')).toEqual([]);
  await page.keyboard.press('Enter');
  const secret = await until(() => core.frames[0]?.frame, 'the frame');
  expect(secret.type === 'passphrase' && Buffer.from(secret.bytes).toString()).toBe('KK\u00e9ttle ostrich!');
});

test('a passphrase that was typed and not sent is gone after half a minute, and hidden when the window loses the focus', async () => {
  const { page, core } = await start(withoutPasskey);
  await page.clock.install();
  await page.reload();
  await page.waitForSelector('#passphrase');
  await page.keyboard.type('gravel kettle');
  await page.clock.runFor(29_000);
  expect(await page.inputValue('#passphrase')).toBe(bullets('gravel kettle'));
  await page.click('button:text-is("show")');
  expect(await page.inputValue('#passphrase')).toBe('gravel kettle');
  await page.evaluate(`window.dispatchEvent(new Event('blur'))`);
  await page.waitForSelector('#passphrase[type=password]');
  await page.clock.runFor(31_000);
  expect(await page.inputValue('#passphrase')).toBe('');
  await page.keyboard.press('Enter');
  expect(core.frames).toEqual([]);
});

test('the passphrase is sent in NFC', async () => {
  const { page, core } = await start(withoutPasskey);
  await page.fill('#passphrase', 'cafe\u0301 kettle ostrich');
  await page.keyboard.press('Enter');
  const secret = await until(() => core.frames[0]?.frame, 'the frame');
  expect(secret.type === 'passphrase' && Buffer.from(secret.bytes).toString()).toBe('caf\u00e9 kettle ostrich');
});

test('a wrong passphrase: a sentence, the wait, and the field again when it is over', async () => {
  const { page, core } = await start(withoutPasskey);
  await page.clock.install();
  await page.reload();
  await page.waitForSelector('#passphrase');
  core.unlock = async () => {
    core.lockFacts = { ...core.lockFacts, failures: 4, backOffSeconds: 60 };
    throw new Refusal('wrong-passphrase', 'That passphrase did not open this.');
  };
  await page.keyboard.type('not the right one at all');
  await page.keyboard.press('Enter');
  await until(async () => (await page.textContent('.poster__err'))?.includes('4 tries in a row'), 'the sentence');
  expect(await page.textContent('.poster__err')).toContain('That passphrase did not open this.');
  expect(await page.textContent('.poster__n')).toMatch(/^(1:00|0:[1-5]\d)$/);
  expect(await page.getAttribute('.btn--tall', 'aria-disabled')).toBe('true');
  const before = core.requests.length;
  await page.keyboard.type('another');
  await page.keyboard.press('Enter');
  expect(core.requests.slice(before).filter(({ request }) => request === 'lock.passphrase')).toEqual([]);
  await page.clock.runFor(61_000);
  await until(async () => (await page.textContent('.poster__cap')) === 'Locked', 'the end of the wait');
  expect(await focused()).toBe('passphrase');
  expect(await page.getAttribute('.btn--tall', 'aria-disabled')).toBeNull();
});

/** Several people can come in: none is named. */
const several = (core: FakeCore): void => void (core.lockFacts = { ...calmLock, typed: true, parked: 2, people: [] });

test.each([
  ['one', withoutPasskey],
  ['several', (core: FakeCore) => several(core)],
])('whoever cannot get in reads what helps and whom to ask, the same where %s can come in, and it asks nothing', async (_, prepare) => {
  const { page, core } = await start((core) => {
    prepare(core);
    core.lockFacts = { ...core.lockFacts, help: 'Ward IT, 4711' };
  });
  await page.keyboard.type('half of a pass');
  const before = core.requests.length;
  const help = page.getByRole('region', { name: 'You cannot get in.' });
  await brings(() => page.getByRole('button', { name: 'I cannot get in' }).press('Enter'), help);
  const said = await help.innerText();
  for (const part of ['Ask here: Ward IT, 4711', 'wardmux passphrase recover', 'Two security admins', 'stays closed to you']) expect(said).toContain(part);
  expect(core.requests.slice(before)).toEqual([]);
  expect(await focused()).toContain('Back');
  await brings(() => page.keyboard.press('Escape'), page.locator('#who, #passphrase'));
  // What was typed before is in no field.
  expect(await page.locator('#who, #passphrase').inputValue()).toBe('');
});

test('of the shells that run on, those of people who were logged off are told apart', async () => {
  const { page } = await start((core) => {
    several(core);
    core.lockFacts = { ...core.lockFacts, parked: 3, held: 1 };
  });
  expect(await page.textContent('.lockline')).toContain('shells of 3 people run on, 1 of them logged off');
});

test('several people: nobody is named, each types who they are, and a passphrase is asked for whoever that is', async () => {
  const { page, core } = await start(several);
  expect(await page.getAttribute('.poster__way', 'aria-label')).toBe('Who are you?');
  expect(await page.textContent('.poster')).not.toContain('M. U.');
  expect(await page.textContent('.lockline')).toContain('shells of 2 people run on');
  expect(await focused()).toBe('who');
  await page.keyboard.press('Enter');
  expect(await page.textContent('.poster__err')).toContain('Type your id or your name first.');
  await page.keyboard.type('j.varga');
  await brings(() => page.keyboard.press('Enter'), page.locator('#passphrase'));
  expect(await page.textContent('.poster__who')).toBe('j.varga');
  expect(core.requests.filter(({ request }) => request === 'lock.wait').map(({ input }) => input)).toEqual([{ person: 'j.varga' }]);
  // Both ways are there, whatever this one has.
  expect(await page.textContent('.poster__way')).toContain('Passkey instead');
  await page.keyboard.type('gravel kettle ostrich violin');
  await page.keyboard.press('Enter');
  await until(() => core.requests.find(({ request }) => request === 'lock.passphrase'), 'the request');
  expect(core.requests.find(({ request }) => request === 'lock.passphrase')?.input).toEqual({ person: 'j.varga' });
});

test('several people: whoever waits for the next try stays on the page, and how long it takes, though no key is pressed', async () => {
  const { page } = await start((core) => {
    several(core);
    core.wait = { seconds: 60, failures: 6 };
  });
  await page.clock.install();
  await page.reload();
  await page.waitForSelector('#who');
  await page.keyboard.type('j.varga');
  await page.keyboard.press('Enter');
  // They are named before it is known how long they wait: half a minute begins with the answer.
  await until(async () => (await page.textContent('.poster__cap')) === 'Next try in', 'the wait');
  await page.clock.runFor(45_000);
  expect(await page.textContent('.poster__who')).toBe('j.varga');
  expect(await page.textContent('.poster__n')).toMatch(/0:1\d/);
  // And half a minute more, as after every key.
  await page.clock.runFor(40_000);
  expect(await page.textContent('.poster__who')).toBe('j.varga');
  await page.clock.runFor(10_000);
  await page.waitForSelector('#who');
});

test('several people: a passphrase that lands where the name goes is not shown, there nor on the next page; a short name is, and not large', async () => {
  const { page, core } = await start(several);
  const hidden = (): Promise<string> => page.evaluate<string>(`getComputedStyle(document.querySelector('#who')).webkitTextSecurity`);
  await page.keyboard.type('gravel kettle ');
  expect(await hidden()).toBe('none');
  await page.keyboard.type('ostrich violin');
  await until(async () => (await hidden()) === 'disc', 'the dots');
  await brings(() => page.keyboard.press('Enter'), page.locator('#passphrase'));
  expect(await page.textContent('.poster__who')).toBe('28 letters, not shown: as long as a passphrase');
  expect(await page.textContent('body')).not.toContain('gravel');
  // It is asked for all the same: a name can be as long.
  expect(core.requests.filter(({ request }) => request === 'lock.wait').map(({ input }) => input)).toEqual([{ person: 'gravel kettle ostrich violin' }]);
  await brings(() => page.keyboard.press('Escape'), page.locator('#who'));
  await page.keyboard.type('j.varga');
  await brings(() => page.keyboard.press('Enter'), page.locator('#passphrase'));
  expect(await page.textContent('.poster__who')).toBe('j.varga');
  const size = (selector: string): Promise<number> => page.evaluate<number>(`parseFloat(getComputedStyle(document.querySelector('${selector}')).fontSize)`);
  expect(await size('.poster__who')).toBe(await size('.poster__note'));
});

test('the glass: a passphrase that lands where the name goes is not shown', async () => {
  const { page } = await start(several);
  await page.keyboard.press('Control+g');
  await page.locator('#glass-who').fill('gravel kettle ostrich violin');
  await until(() => page.evaluate<boolean>(`getComputedStyle(document.querySelector('#glass-who')).webkitTextSecurity === 'disc'`), 'the dots');
});

test('a second person was enrolled by a command: the page that stands names nobody any more, and asks; one who is alone again is named', async () => {
  const { page, core } = await start(withoutPasskey);
  expect(await page.textContent('.poster__who')).toBe('M. U.');
  await page.keyboard.type('half of a passphr');
  several(core);
  core.emit('stale', {});
  await page.waitForSelector('#who');
  expect(await page.textContent('.poster')).not.toContain('M. U.');
  expect(await focused()).toBe('who');
  withoutPasskey(core);
  core.emit('stale', {});
  await page.waitForSelector('#passphrase');
  expect(await page.textContent('.poster__who')).toBe('M. U.');
  // What was typed for somebody else is in no field.
  await page.keyboard.press('Enter');
  await until(async () => (await page.textContent('.poster__err'))?.includes('Type your passphrase first.'), 'the empty field');
});

test('why it locked is said in plain words, to one and to several; of what was decided about somebody nothing', async () => {
  const { page, core } = await start(withoutPasskey);
  expect(await page.textContent('.poster__note')).toContain('It locked because nobody pressed a key. Programs in the panes go on');
  core.lockFacts = { ...core.lockFacts, reason: null };
  core.emit('stale', {});
  await until(async () => !(await page.textContent('.poster__note'))?.includes('locked'), 'the next answer');
  core.lockFacts = { ...core.lockFacts, lockedAt: null, reason: 'start', parked: 0 };
  core.emit('stale', {});
  await until(async () => (await page.textContent('.poster__note'))?.includes('Wardmux starts locked. Nothing runs yet.'), 'the start');
  several(core);
  core.emit('stale', {});
  await page.waitForSelector('#who');
  expect(await page.textContent('#who-note')).toContain('It locked because nobody pressed a key.');
});

test('several people: escape leads back to the question, and takes the wait of the one before along', async () => {
  const { page } = await start((core) => {
    several(core);
    core.wait = { seconds: 30, failures: 5 };
  });
  await page.keyboard.type('somebody');
  await page.keyboard.press('Enter');
  await until(async () => (await page.textContent('.poster__cap')) === 'Next try in', 'the wait');
  expect(await page.textContent('.poster__err')).toContain('5 tries in a row have failed here.');
  await brings(() => page.keyboard.press('Escape'), page.locator('#who'));
  expect(await page.textContent('.poster__cap')).toBe('Locked');
  expect(await page.inputValue('#who')).toBe('');
});

test('several people: how long somebody waits is an answer about them, and nobody else when it comes late', async () => {
  const { page, core } = await start(several);
  const { promise, resolve } = Promise.withResolvers<{ seconds: number; failures: number }>();
  let asked = false;
  core.askWait = () => {
    asked = true;
    return promise;
  };
  await page.keyboard.type('somebody');
  await brings(() => page.keyboard.press('Enter'), page.locator('#passphrase'));
  await until(() => asked, 'the question');
  await brings(() => page.keyboard.press('Escape'), page.locator('#who'));
  resolve({ seconds: 30, failures: 5 });
  // The answer is on its way once this turn is over.
  await new Promise((turn) => setImmediate(turn));
  await core.settled();
  expect([await page.textContent('.poster__cap'), await page.textContent('.poster__err')]).toEqual(['Locked', '']);
});

test('several people: where nothing opened, the name is to be looked at too', async () => {
  const { page, core } = await start(several);
  core.unlock = async () => {
    throw new Refusal('wrong-passphrase', 'That did not open it. Check the passphrase and try again.');
  };
  await page.keyboard.type('j.varga');
  await brings(() => page.keyboard.press('Enter'), page.locator('#passphrase'));
  await page.keyboard.type('gravel kettle ostrich violin');
  await page.keyboard.press('Enter');
  await until(async () => (await page.textContent('.poster__err')) !== '', 'the refusal');
  expect(await page.textContent('.poster__err')).toContain('Check your id or name above, and the passphrase.');
});

test('display settings apply at once and are told to the core', async () => {
  const { page, core } = await start();
  const ground = (): Promise<unknown> => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
  await page.click('text=light');
  expect(await ground()).toBe('rgb(251, 247, 241)');
  await page.click('text=dark');
  expect(await ground()).toBe('rgb(21, 18, 15)');
  await page.click('text=larger text');
  expect(
    await page.evaluate('[document.documentElement.dataset.theme, document.documentElement.dataset.cell, getComputedStyle(document.body).fontSize]'),
  ).toEqual(['dark', '9', '15px']);
  await until(() => core.requests.filter(({ request }) => request === 'display.set').length === 3, 'all settings');
});

test.each([
  [800, 600],
  [1024, 640],
  [1440, 900],
  [2560, 1440],
])('it fits at %ix%i', async (width, height) => {
  const { page } = await start(undefined, { viewport: { width, height } });
  expect(await page.evaluate('[document.documentElement.scrollWidth, document.documentElement.scrollHeight]')).toEqual([width, height]);
  expect(await page.evaluate(`(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)(document.querySelector('.poster__main'))`)).toBe(0);
  expect(
    await page.evaluate(
      `(() => { const way = document.querySelector('.poster__way').getBoundingClientRect(); const line = document.querySelector('.line').getBoundingClientRect(); return way.bottom <= line.top && way.top >= 0; })()`,
    ),
  ).toBe(true);
});

test('Tab from the passphrase leads to the way in, and what is typed there never shows the passphrase', async () => {
  const { page } = await start(withoutPasskey);
  await page.keyboard.type('gravel');
  await page.keyboard.press('Tab');
  expect(await focused()).toContain('Unlock with passphrase');
  await page.keyboard.type('kettle ostrich');
  expect(await page.getAttribute('#passphrase', 'type')).toBe('password');
  expect(await page.inputValue('#passphrase')).toBe(bullets('gravelkettle ostrich'));
  // Still there by keyboard, after the way in.
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('show');
  await page.keyboard.press('Space');
  expect(await page.getAttribute('#passphrase', 'type')).toBe('text');
  expect(await page.inputValue('#passphrase')).toBe('gravelkettle ostrich');
  await page.keyboard.press('Space');
  expect(await page.getAttribute('#passphrase', 'type')).toBe('password');
});

test.each(['larger text', 'more contrast', 'light', 'no motion', 'show'])('after a click on "%s" what is typed lands in the passphrase field', async (name) => {
  const { page } = await start(withoutPasskey);
  await page.click(`button:text-is("${name}")`);
  await page.keyboard.type('gravel kettle');
  expect(await focused()).toBe('passphrase');
  expect(await page.inputValue('#passphrase')).toBe(name === 'show' ? 'gravel kettle' : bullets('gravel kettle'));
});

test('after a click on a setting Return unlocks, and does not press the setting again', async () => {
  const { page, core } = await start(withoutPasskey);
  await page.keyboard.type('gravel kettle');
  await page.click('button:text-is("light")');
  await page.keyboard.press('Enter');
  await until(() => core.requests.some(({ request }) => request === 'lock.passphrase'), 'the request');
  expect(core.requests.filter(({ request }) => request === 'display.set')).toHaveLength(1);
});

test('where the passkey is ready, a passphrase can be typed at once: every letter of it lands in the field', async () => {
  const { page, core } = await start();
  expect(await page.getAttribute('.poster__way', 'aria-label')).toBe('Unlock with passkey');
  await brings(() => page.keyboard.type('pass some kettle'), page.locator('#passphrase'));
  expect(await page.inputValue('#passphrase')).toBe(bullets('pass some kettle'));
  expect(await page.getAttribute('.poster__way', 'aria-label')).toBe('Unlock with passphrase');
  await page.keyboard.press('Enter');
  const secret = await until(() => core.frames[0]?.frame, 'the frame');
  expect(secret.type === 'passphrase' && Buffer.from(secret.bytes).toString()).toBe('pass some kettle');
});

test('Caps Lock is said while it is on', async () => {
  const { page } = await start(withoutPasskey);
  const said = (): Promise<string | null> => page.textContent('.caps-lock');
  const key = (type: string, key: string, capsLock: boolean): Promise<void> =>
    page.evaluate(
      `window.dispatchEvent(new KeyboardEvent(${JSON.stringify(type)}, { key: ${JSON.stringify(key)}, modifierCapsLock: ${capsLock}, bubbles: true }))`,
    );
  expect(await said()).toBe('');
  await key('keyup', 'CapsLock', true);
  await until(async () => (await said()) === 'Caps Lock is on.', 'the sentence');
  expect(await axeViolations(opened)).toEqual([]);
  await key('keydown', 'A', true);
  expect(await said()).toBe('Caps Lock is on.');
  await key('keyup', 'CapsLock', false);
  await until(async () => (await said()) === '', 'its end');
});

const sizes = ['800x600', '1024x640', '1024x740', '1366x768', '1440x900', '2560x1440'] as const;
// Larger text in 320 pixels would be 26 columns: nobody can have that.
test.each([['320x480', 'auto'] as const, ...sizes.flatMap((size) => (['auto', '12'] as const).map((cell) => [size, cell] as const))])(
  'at %s with cell %s nothing lies over anything',
  async (size, cell) => {
    const [width, height] = size.split('x').map(Number) as [number, number];
    const { page, core } = await start((fake) => void (fake.lockFacts = { ...calmLock, failures: 3 }), { viewport: { width, height } });
    core.unlock = async () => {
      throw new Refusal('wrong-passphrase', 'That passphrase did not open this.');
    };
    core.emit('display', { theme: 'system', cell, contrast: false, motion: true });
    await page.keyboard.type('not this one');
    await page.keyboard.press('Enter');
    await until(async () => (await page.textContent('.poster__err'))?.includes('3 tries in a row'), 'the failure');
    const crossing = await page.evaluate<string[]>(`(() => {
    const boxes = ['.poster__head', '.poster__cap', '.poster__n', '.poster__way', '.lockline'].map((what) => {
      const element = document.querySelector(what);
      const { left, top, right, bottom } = element.getBoundingClientRect();
      const main = document.querySelector('.poster__main').getBoundingClientRect();
      const clipped = element.closest('.poster__main') ? { top: Math.max(top, main.top), bottom: Math.min(bottom, main.bottom) } : { top, bottom };
      const hidden = getComputedStyle(element).clipPath !== 'none';
      return { what, left, right, ...(hidden ? { top: 0, bottom: 0 } : clipped) };
    });
    const found = [];
    for (const [i, a] of boxes.entries())
      for (const b of boxes.slice(i + 1))
        if (a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom - 0.5 && b.top < a.bottom - 0.5) found.push(a.what + ' over ' + b.what);
    const field = document.querySelector('#passphrase').getBoundingClientRect();
    const main = document.querySelector('.poster__main').getBoundingClientRect();
    if (field.top < main.top - 0.5 || field.bottom > main.bottom + 0.5) found.push('the field is out of sight');
    const [form, line] = ['.poster__way', '.lockline'].map((what) => document.querySelector(what).getBoundingClientRect());
    const scrolls = document.querySelector('.poster__main');
    if (form.bottom <= line.top + 0.5 && form.top >= scrolls.getBoundingClientRect().top && scrolls.scrollHeight > scrolls.clientHeight) found.push('it scrolls for nothing');
    if (document.documentElement.scrollWidth > innerWidth) found.push('wider than the window');
    return found;
  })()`);
    expect(crossing).toEqual([]);
  },
);

test.each(['800x600', '1024x640', '1440x878', '2560x1440'].flatMap((size) => (['auto', '12'] as const).map((cell) => [size, cell] as const)))(
  'at %s with cell %s nothing cuts the clock where nobody outside was told of an emergency',
  async (size, cell) => {
    const [width, height] = size.split('x').map(Number) as [number, number];
    const emergency = { running: null, second: false, alert: { since: '2026-11-24T14:33:00', tries: 3 }, leaves: true };
    const { page, core } = await start((fake) => void (fake.lockFacts = { ...calmLock, people: [], typed: true, emergency }), { viewport: { width, height } });
    core.emit('display', { theme: 'system', cell, contrast: false, motion: true });
    await page.waitForSelector('.siren');
    const out = `(() => {
      const [clock, main, line] = ['.poster__n', '.poster__main', '.lockline'].map((what) => document.querySelector(what).getBoundingClientRect());
      if (getComputedStyle(document.querySelector('.poster__n')).clipPath !== 'none') return innerHeight < 700;
      return clock.top >= main.top - 0.5 && clock.bottom <= Math.min(main.bottom, line.top) + 0.5;
    })()`;
    await until(() => page.evaluate<boolean>(out), 'the whole clock to be seen');
  },
);

test('after a click on nothing, what is typed lands in the passphrase field, and Return unlocks', async () => {
  const { page, core } = await start(withoutPasskey);
  await page.click('.poster__cap');
  expect(await page.evaluate('document.activeElement === document.body')).toBe(true);
  await page.keyboard.type(' skettle');
  expect(await page.inputValue('#passphrase')).toBe(bullets(' skettle'));
  await page.click('.poster__cap');
  await page.keyboard.press('Backspace');
  await page.click('.poster__cap');
  await page.keyboard.press('Enter');
  const secret = await until(() => core.frames[0]?.frame, 'the frame');
  expect(secret.type === 'passphrase' && Buffer.from(secret.bytes).toString()).toBe(' skettl');
});

/** A clipboard that refuses as often as told, and notes what is written. */
const clipboard = (refusals: number): string => `{
  let refusals = ${refusals};
  globalThis.__written = [];
  navigator.clipboard.writeText = async (text) => {
    if (refusals-- > 0) throw new DOMException('Document is not focused.', 'NotAllowedError');
    globalThis.__written.push(text);
  };
}`;
const copied =
  (refusals: number) =>
  async (core: FakeCore): Promise<void> => {
    core.lockFacts = { ...calmLock, clearClipboard: true };
    await core.page.addInitScript(clipboard(refusals));
  };
const toldCleared = (): number => opened.core.requests.filter(({ request }) => request === 'lock.clipboardCleared').length;

test('what was copied in the workspace is cleared, once, and the core is told', async () => {
  const { page } = await start(copied(0));
  await until(() => toldCleared() === 1, 'the core to be told');
  await page.keyboard.press('Shift');
  await opened.core.settled();
  expect(await page.evaluate('__written')).toEqual([' ', '']);
  expect(toldCleared()).toBe(1);
  expect(await page.textContent('body')).not.toContain('clear the clipboard');
});

test('a refused clearing is said, and tried again at the next key', async () => {
  const { page } = await start(copied(1));
  const note = async (): Promise<string> => (await page.textContent('.poster__note')) ?? '';
  await until(async () => (await note()).includes('This page could not clear the clipboard.'), 'the sentence');
  expect(toldCleared()).toBe(0);
  expect(await axeViolations(opened)).toEqual([]);
  await page.keyboard.press('Shift');
  await until(() => toldCleared() === 1, 'the core to be told');
  await until(async () => !(await note()).includes('clipboard'), 'the end of the sentence');
  expect(await page.evaluate('__written')).toEqual([' ', '']);
});

test('a clearing that hangs is said, and tried again at the next key', async () => {
  const { page } = await start(async (core) => {
    await copied(0)(core);
    await core.page.addInitScript(`{
      const write = navigator.clipboard.writeText;
      let calls = 0;
      navigator.clipboard.writeText = (text) => (calls++ === 0 ? new Promise(() => {}) : write(text));
    }`);
  });
  await until(async () => (await page.textContent('.poster__note'))?.includes('This page could not clear the clipboard.'), 'the sentence');
  expect(toldCleared()).toBe(0);
  await page.keyboard.press('Shift');
  await until(() => toldCleared() === 1, 'the core to be told');
  await until(async () => !(await page.textContent('body'))?.includes('clear the clipboard'), 'the end of the sentence');
  expect(await page.evaluate('__written')).toEqual([' ', '']);
});

test('a page that was told nothing asks again at the next key: it clears, and has the way in', async () => {
  let asked = 0;
  const { page } = await start(async (core) => {
    await copied(0)(core);
    core.askLockFacts = () => {
      if (asked++ === 0) throw new Refusal('failed', 'That did not work.');
      return core.lockFacts;
    };
  });
  expect(await page.textContent('.poster__way')).toContain('The lock could not ask who is here.');
  await page.keyboard.press('Shift');
  await until(() => toldCleared() === 1, 'the core to be told');
  expect(await page.evaluate('__written')).toEqual([' ', '']);
  expect(await focused()).toContain('Unlock with passkey');
  await page.keyboard.press('Shift');
  await opened.core.settled();
  expect(asked).toBe(2);
});

test('a clipboard in which nothing of ours is stays as it is', async () => {
  const { page } = await start(async (core) => {
    await core.page.addInitScript(clipboard(0));
  });
  await page.keyboard.press('Shift');
  await opened.core.settled();
  expect(await page.evaluate('__written')).toEqual([]);
  expect(toldCleared()).toBe(0);
});

test.each([
  [true, /an alert leaves at once/],
  [false, /the policy names no way out for an alert/],
])('before the glass is broken it is said whether an alert leaves: %s', async (leaves, wanted) => {
  const { page } = await start((made) => void (made.lockFacts = { ...calmLock, emergency: { running: null, second: false, alert: null, leaves } }));
  await brings(() => page.keyboard.press('Control+g'), page.locator('.glassform'));
  expect(await page.textContent('.glassform__what')).toMatch(wanted);
});

test('the glass is broken by the keyboard alone: it says what it means, takes a reason and words, and sends both before anybody is named', async () => {
  const { page, core } = await start();
  await brings(() => page.keyboard.press('Control+g'), page.locator('.glassform'));
  expect(await page.textContent('.glassform__what')).toMatch(/recorded and reviewed.*60 minutes.*nothing of anybody else/);
  expect(await axeViolations(opened)).toEqual([]);
  // Without a reason nothing is asked.
  await page.locator('#glass-who').fill('Envelope Ward 7');
  await page.locator('#glass-secret').fill('marble canyon drizzle');
  await page.keyboard.press('Enter');
  await until(async () => (await page.textContent('.glassform .poster__err'))?.includes('Choose why first'), 'the sentence');
  expect(core.requests.filter(({ request }) => request.startsWith('emergency.'))).toEqual([]);
  await page.keyboard.press('5');
  expect(await focused()).toBe('glass-words');
  await page.keyboard.type('INC-20817');
  await page.locator('#glass-secret').fill('marble canyon drizzle');
  await page.keyboard.press('Enter');
  await until(() => core.emergencies.includes('Envelope Ward 7'), 'the name');
  expect(core.requests.map(({ request }) => request).filter((name) => name.startsWith('emergency.'))).toEqual(['emergency.ask', 'emergency.passphrase']);
  expect(core.emergencies).toEqual(['security-incident', 'Envelope Ward 7']);
  expect(core.frames.map(({ peer, frame }) => [peer, frame.type])).toEqual([
    ['vault', 'words'],
    ['vault', 'passphrase'],
  ]);
});

test('where a second operator is waited for the form stands for five minutes, and not the one that a form stands', async () => {
  const { page } = await start((made) => void (made.secondNeeded = true));
  await page.clock.install();
  await page.reload();
  await page.getByRole('button', { name: /^Break-glass/ }).click();
  await page.keyboard.press('1');
  await page.locator('#glass-who').fill('Mara Ueda');
  await page.locator('#glass-secret').fill('gravel kettle');
  await page.keyboard.press('Enter');
  await until(async () => (await page.textContent('.glassform'))?.includes('Now a second one proves it here'), 'the sentence');
  await page.clock.runFor(4 * 60_000);
  expect(await page.locator('.glassform').count()).toBe(1);
  await page.clock.runFor(61_000);
  await page.waitForSelector('.glassform', { state: 'detached' });
});

test('a second operator proves it on the same page, and whoever leaves says so; nothing that was typed stays', async () => {
  const { page, core } = await start((made) => void (made.secondNeeded = true));
  await page.getByRole('button', { name: /^Break-glass/ }).click();
  await page.keyboard.press('1');
  await page.locator('#glass-who').fill('Mara Ueda');
  await page.locator('#glass-secret').fill('gravel kettle');
  await page.keyboard.press('Enter');
  await until(async () => (await page.textContent('.glassform'))?.includes('Now a second one proves it here'), 'the sentence');
  expect(await focused()).toBe('glass-who');
  expect([await page.inputValue('#glass-who'), await page.inputValue('#glass-secret')]).toEqual(['', '']);
  // The same one again is told so.
  core.secondNeeded = true;
  await page.locator('#glass-who').fill('Mara Ueda');
  await page.locator('#glass-secret').fill('gravel kettle');
  await page.keyboard.press('Enter');
  await until(async () => (await page.textContent('.glassform .poster__err'))?.includes('it was the same one again'), 'the sentence about the same operator');
  expect([await page.inputValue('#glass-who'), await page.inputValue('#glass-secret')]).toEqual(['', '']);
  await page.keyboard.press('Escape');
  await page.waitForSelector('.glassform', { state: 'detached' });
  await until(() => core.emergencies.includes('left'), 'that they have left');
  expect(await focused()).toContain('Unlock with passkey');
});

test('an emergency that runs is gone on with and asks for no reason; one that nobody outside knows of is a siren', async () => {
  const emergency = { running: { since: '2026-11-24T14:33:00', left: 2478 }, second: false, alert: { since: '2026-11-24T14:33:00', tries: 3 }, leaves: true };
  const { page, core } = await start((made) => void (made.lockFacts = { ...calmLock, emergency }));
  expect(await page.textContent('.siren')).toMatch(/nobody outside has been told yet.*3 tries have failed/);
  // The marks of the line are drawn in its colour, and not left out.
  const marks = await page.locator('.lockline .mark').evaluateAll((all) => all.map((mark) => getComputedStyle(mark).backgroundColor));
  const ink = await page.locator('.lockline').evaluate((line) => getComputedStyle(line).color);
  expect(marks.length).toBeGreaterThan(0);
  expect(new Set(marks)).toEqual(new Set([ink]));
  expect(await axeViolations(opened)).toEqual([]);
  await brings(() => page.keyboard.press('Control+g'), page.locator('.glassform'));
  expect(await page.textContent('.glassform')).toContain('ends in 41:18');
  expect(await page.locator('.glassform__why').count()).toBe(0);
  expect(await focused()).toBe('glass-who');
  await page.keyboard.type('Envelope Ward 7');
  await page.locator('#glass-secret').fill('marble canyon drizzle');
  await page.keyboard.press('Enter');
  await until(() => core.emergencies.includes('Envelope Ward 7'), 'the request');
  expect(core.requests.some(({ request }) => request === 'emergency.ask')).toBe(false);
});

test('whoever has another emergency than the one that runs says why, as always, and reads that the first one ends with it', async () => {
  const emergency = { running: { since: '2026-11-24T14:33:00', left: 2478 }, second: false, alert: null, leaves: true };
  const { page, core } = await start((made) => void (made.lockFacts = { ...calmLock, emergency }));
  await page.keyboard.press('Control+g');
  await page.getByRole('button', { name: 'Another emergency' }).click();
  expect(await page.textContent('.glassform__what')).toContain('The emergency that runs ends, and its shells with it.');
  expect(await axeViolations(opened)).toEqual([]);
  await page.locator('#glass-who').fill('Envelope Ward 8');
  await page.locator('#glass-secret').fill('marble canyon drizzle');
  await page.keyboard.press('Enter');
  await until(async () => (await page.textContent('.glassform .poster__err'))?.includes('Choose why first'), 'the sentence');
  await page.keyboard.press('5');
  await page.locator('#glass-secret').fill('marble canyon drizzle');
  await page.keyboard.press('Enter');
  await until(() => core.emergencies.includes('Envelope Ward 8'), 'the request');
  expect(core.emergencies).toEqual(['security-incident', 'Envelope Ward 8']);
});

test.each([
  { width: 800, height: 600 },
  { width: 1024, height: 640 },
  { width: 1440, height: 900 },
])('the form of the glass fits or scrolls at $width x $height, with its button within reach', async (viewport) => {
  const { page } = await start(() => {}, { viewport });
  await brings(() => page.keyboard.press('Control+g'), page.locator('.glassform'));
  expect(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  const button = page.getByRole('button', { name: /^Break the glass/ });
  await button.scrollIntoViewIfNeeded();
  const box = (await button.boundingBox())!;
  expect(box.y >= 0 && box.y + box.height <= viewport.height).toBe(true);
});

const stop = { by: 'S. A.', at: '2026-11-24T14:33:00', reason: 'security-incident' } as const;

test('a stopped station says who lifts it, and takes that by keys alone: an id and a passphrase, for nothing else', async () => {
  const several = { ...calmLock, people: [], typed: true };
  const { page, core } = await start((made) => void (made.lockFacts = { ...several, stopped: stop }));
  expect(await page.textContent('.poster__way')).toMatch(/S\. A\..*Nobody unlocks here now.*security incident.*here or by: wardmux stop lift station/);
  expect(await focused()).toContain('Lift the stop');
  expect(await axeViolations(opened)).toEqual([]);
  await brings(() => page.keyboard.press('Enter'), page.locator('#lift-who'));
  expect(await focused()).toBe('lift-who');
  expect(await axeViolations(opened)).toEqual([]);
  await page.keyboard.press('Enter');
  await until(async () => (await page.textContent('.poster__err'))?.includes('Type your passphrase first'), 'the sentence');
  core.lift = async () => {
    throw new Refusal('not-yourself', 'Nobody lifts what they have stopped themselves.');
  };
  await page.locator('#lift-who').fill('Mo Adeyemi');
  await page.locator('#lift-secret').fill('marble canyon drizzle');
  await page.keyboard.press('Enter');
  await until(async () => (await page.textContent('.poster__err'))?.includes('Nobody lifts what they have stopped'), 'the refusal');
  expect(await page.inputValue('#lift-secret')).toBe('');
  // Leaving leaves nothing, and the glass is still there to be broken.
  await page.keyboard.press('Escape');
  await page.waitForSelector('#lift-who', { state: 'detached' });
  expect(await focused()).toContain('Lift the stop');
  await brings(() => page.keyboard.press('Control+g'), page.locator('#glass-who'));
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  core.lift = async (person, method) => {
    core.lifts.push(`${person} ${method}`);
    core.lockFacts = several;
    core.emit('stale', {});
  };
  await page.locator('#lift-who').fill('Mo Adeyemi');
  await page.locator('#lift-secret').fill('marble canyon drizzle');
  await brings(() => page.keyboard.press('Enter'), page.locator('#who'));
  expect(core.lifts).toEqual(['Mo Adeyemi passphrase']);
  expect(core.requests.some(({ request }) => /^lock\.pass(phrase|key)$|^emergency\.pass/.test(request))).toBe(false);
  expect(core.frames.every(({ peer, frame }) => peer === 'vault' && frame.type === 'passphrase')).toBe(true);
});

test.each([
  { width: 800, height: 600 },
  { width: 1440, height: 900 },
])('a stopped station, its lifting, and another emergency fit or scroll at $width x $height, with their buttons within reach', async (viewport) => {
  const emergency = { running: { since: '2026-11-24T14:33:00', left: 2478 }, second: false, alert: { since: '2026-11-24T14:33:00', tries: 3 }, leaves: true };
  const { page } = await start((made) => void (made.lockFacts = { ...calmLock, stopped: stop, emergency }), { viewport });
  const within = async (name: RegExp): Promise<void> => {
    const button = page.getByRole('button', { name });
    await button.scrollIntoViewIfNeeded();
    const box = (await button.boundingBox())!;
    expect(box.y >= 0 && box.y + box.height <= viewport.height, String(name)).toBe(true);
    expect(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  };
  await within(/^Lift the stop/);
  await within(/^Break-glass/);
  await brings(() => page.keyboard.press('Enter'), page.locator('#lift-who'));
  for (const name of [/^Lift the stop/, /^By passkey/, /^Leave/]) await within(name);
  await page.keyboard.press('Control+g');
  await page.getByRole('button', { name: 'Another emergency' }).click();
  for (const name of [/^Break the glass/, /^By passkey/, /^Leave/]) await within(name);
});
