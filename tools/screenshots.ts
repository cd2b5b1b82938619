/**
 * `npm run screenshots [name…]`: pictures of the real app (Chromium host, headless, real shells) in docs/screenshots. The
 * person, hosts, messages and addresses are invented: each command below is a shell function that prints a text.
 * Over 400 lines: one picture after the other, each by its name, in the order in which they are taken.
 *
 * Exit status: 0 every picture was taken, 1 something failed; what was there before is replaced picture by picture.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { asAdmin, enrolOther } from '../test/e2e/as-admin.ts';
import { stopStation } from '../src/services/emergency/stop.ts';
import {
  authenticator,
  passphrase,
  passphraseField,
  paneText,
  prompt,
  root,
  start,
  unlockWithPassphrase,
  until,
  wardmux,
  type Running,
} from '../test/e2e/support.ts';
import { hl7, journal, psql } from '../test/renderer/demo.ts';

const target = join(root, 'docs', 'screenshots');
const wanted = process.argv.slice(2);
const workstation = 'ward-3-ws2';
const banner = 'Ostermoor Regional Hospital, Information Services. Authorised staff only. Terminal work on this station is recorded and reviewed.';
const usual = { width: 1440, height: 900 };
const color = (code: string, text: string): string => `\x1b[${code}m${text}\x1b[0m`;

const established = [
  'Recv-Q Send-Q   Local Address:Port    Peer Address:Port',
  `0      ${color('1;33', '48211')}    10.20.4.12:41822    10.20.9.31:6661`,
  '0      0        10.20.4.12:41910    10.20.9.31:6661',
].join('\r\n');
const pings = [
  'PING lab-gw-02 (10.20.9.31) 56(84) bytes of data.',
  ...[0.41, 0.39, 18.2, 0.44].map((ms, i) => `64 bytes from 10.20.9.31: icmp_seq=${i + 1} ttl=62 ${color(ms > 1 ? '33' : '32', `${ms} ms`)}`),
  '4 packets transmitted, 4 received, 0% packet loss',
].join('\r\n');
const disks = [
  'Filesystem      Size  Used Avail Use% Mounted on',
  '/dev/vda3        40G   21G   19G  53% /var',
  `/dev/vdb1       200G  ${color('1;33', '183G')}   17G  ${color('1;33', '92%')} /srv`,
].join('\r\n');

/** A shell whose commands print these texts. `read` keeps a program of the kind that runs on, without a process. */
function writeShell(folder: string): void {
  const texts: Readonly<Record<string, string>> = { hl7: hl7(140), psql, journal: journal(60).trimEnd(), established, pings, disks };
  const scripts = join(folder, '.demo');
  mkdirSync(scripts, { recursive: true });
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(scripts, name), text);
  const say = (name: string): string => `printf '%s' "$(< ~/.demo/${name})"`;
  const rc = [
    `PS1='\\[\\e[90m\\]ops@lab-gw-02:~$\\[\\e[0m\\] '`,
    `title() { printf '\\033]0;%s\\007' "$1"; }`,
    `tail() { title 'hl7 engine · if-icu-01'; ${say('hl7')}; echo; read -r _; }`,
    `psql() { title 'psql · feeds@db-04'; ${say('psql')}; printf ' '; read -r _; }`,
    `journalctl() { title 'journal · if-icu-01'; ${say('journal')}; echo; read -r _; }`,
    `ss() { title 'ssh · ops@lab-gw-02'; ${say('established')}; echo; echo; }`,
    `ping() { ${say('pings')}; echo; echo; }`,
    `df() { ${say('disks')}; echo; echo; }`,
    '',
  ];
  writeFileSync(join(folder, '.bashrc'), rc.join('\n'));
  writeFileSync(join(folder, 'check-feeds'), 'echo "check-feeds: $1: connection refused (10.20.4.31:5432)"; exit 2\n');
}

let taken = 0;
async function shot({ page }: Running, name: string): Promise<void> {
  if (wanted.length > 0 && !wanted.some((start) => name.startsWith(start))) return;
  // Bands rise for 140 ms, and a picture of half a rise shows nothing that anybody sees.
  await page.evaluate('Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {})))');
  await page.screenshot({ path: join(target, `${name}.png`) });
  process.stderr.write(`${name}.png\n`);
  taken++;
}

async function key(running: Running, name: string): Promise<void> {
  await running.page.keyboard.press('Control+b');
  await running.page.keyboard.press(name);
}
/** Goes to another pane, and waits until the keys go there too. */
async function go(running: Running, arrow: string): Promise<void> {
  const focused = (): Promise<string | null> => running.page.locator('.pane.is-focused').getAttribute('data-pane');
  const before = await focused();
  await key(running, arrow);
  await until(async () => (await focused()) !== before, 'another pane');
}
const shown = (running: Running, selector: string): Promise<void> => running.page.locator(selector).first().waitFor();
const panes = (running: Running, count: number): Promise<void> =>
  until(async () => (await running.page.locator('.pane:visible').count()) === count, `${count} panes`);
/** Escape, and the shell has the keys again. */
async function leave(running: Running): Promise<void> {
  await running.page.keyboard.press('Escape');
  await until(async () => (await running.page.locator('dialog[open], .band, .find').count()) === 0, 'the band to go');
}
/** The size of the window, and the shells' screens with it. */
async function size(running: Running, width: number, height: number): Promise<void> {
  await running.page.setViewportSize({ width, height });
  await running.page.evaluate('new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)))');
}

async function firstRun(running: Running): Promise<void> {
  const { page } = running;
  await running.surface('setup');
  await authenticator(page, true);
  await size(running, usual.width, usual.height);
  await page.locator('#name').fill('Mara Ueda');
  await shot(running, 'first-run-1-name');
  await page.keyboard.press('Enter');
  await page.locator('#passphrase').pressSequentially(passphrase);
  await page.locator('#again').pressSequentially(passphrase);
  await shot(running, 'first-run-2-passphrase');
  await page.keyboard.press('Enter');
  await shown(running, '#audit');
  await shot(running, 'first-run-3-audit-key');
  await page.keyboard.press('Enter');
  const enrol = page.getByRole('button', { name: /^Enrol a passkey/ });
  await enrol.waitFor();
  await shot(running, 'first-run-4-passkey');
  await enrol.click();
  await page.getByText('same secret twice').waitFor();
  await page.getByRole('button', { name: /^Next/ }).waitFor();
  await shot(running, 'first-run-4-passkey-proven');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^Open Wardmux/ }).waitFor();
  await shot(running, 'first-run-5-ready');
  await page.keyboard.press('Enter');
  await running.surface('workspace');
  await prompt(running);
}

async function unlock(running: Running): Promise<void> {
  await running.surface('lock');
  const field = await passphraseField(running);
  await field.fill(passphrase);
  await running.page.keyboard.press('Enter');
  await running.surface('workspace');
}

/** Types a line into the focused pane and waits for a text of its output. */
async function type(running: Running, line: string, expected: string): Promise<void> {
  await running.page.keyboard.type(`${line}\n`);
  await until(async () => (await paneText(running)).includes(expected), `"${expected}"`);
}
/** Waits for the prompt of the pane that has the focus. */
const ready = (running: Running): Promise<void> =>
  until(async () => (await running.page.locator('.pane.is-focused .xterm-rows').innerText()).includes('ops@lab-gw-02:~$'), 'a prompt');

async function fourPanes(running: Running): Promise<void> {
  const { page } = running;
  await ready(running);
  for (const line of ['rename-window feeds', 'split-window -h -l 40%']) {
    await key(running, ':');
    await page.keyboard.type(`${line}\n`);
  }
  await panes(running, 2);
  await ready(running);
  await go(running, 'ArrowLeft');
  await type(running, 'tail -f /var/log/hl7/engine.log', 'ORU^R01');
  await key(running, ':');
  await page.keyboard.type('split-window -v -l 40%\n');
  await panes(running, 3);
  await ready(running);
  await type(running, 'journalctl -fu hl7d', 'slow ack');
  await go(running, 'ArrowRight');
  await type(running, 'psql feeds', 'stalled');
  await key(running, ':');
  await page.keyboard.type('split-window -v -l 55%\n');
  await panes(running, 4);
  await ready(running);
  await type(running, 'ss -tn dport = :6661', 'Send-Q');
  await type(running, 'ping -c 4 lab-gw-02', 'packet loss');
  await type(running, 'df -h /var /srv', '/dev/vdb1');
  for (const name of ['claims', 'edge']) {
    await key(running, ':');
    await page.keyboard.type(`new-window -d -n ${name}\n`);
  }
  await until(async () => (await page.locator('.win').count()) >= 3, 'three windows');
}

async function workspace(running: Running): Promise<void> {
  const { page } = running;
  await fourPanes(running);
  // Read, as a person does before work: they stand over a pane.
  for (let said = 0; said < 5 && (await page.locator('.toast').count()) > 0; said++) await key(running, 'Escape');
  await until(async () => (await page.locator('.toast').count()) === 0, 'the notes to go');
  await shot(running, 'workspace');
  await page.emulateMedia({ colorScheme: 'light' });
  await shot(running, 'workspace-light');
  await page.emulateMedia({ colorScheme: 'dark', forcedColors: 'active' });
  await shot(running, 'workspace-forced-colours');
  await page.emulateMedia({ colorScheme: 'dark', forcedColors: 'none' });

  await size(running, 1024, 640);
  await shot(running, 'workspace-1024');
  await page.keyboard.press('Control+b');
  await shown(running, '.band--keys');
  await shot(running, 'which-key-1024');
  await leave(running);
  await size(running, 2560, 1440);
  await shot(running, 'workspace-2560');
  await size(running, usual.width, usual.height);

  await page.keyboard.press('Control+b');
  await shown(running, '.band--keys');
  await shot(running, 'which-key');
  await leave(running);
  await key(running, '?');
  await shown(running, '.band--help');
  await shot(running, 'every-key');
  await leave(running);
  await key(running, ':');
  await page.keyboard.type('spl');
  await shot(running, 'command');
  await leave(running);
  await page.evaluate(
    `(() => { const data = new DataTransfer(); data.setData('text/plain', 'sudo systemctl stop hl7d\\ncp /srv/pki/lab-gw-02.2027.pem /etc/hl7d/tls/peer.pem\\nsudo systemctl start hl7d\\u001b[201~\\nrm -rf /var/spool/hl7d/hold\\n'); document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })); })()`,
  );
  await shown(running, '.numbered');
  await shot(running, 'paste');
  await leave(running);

  await key(running, 'z');
  await panes(running, 1);
  await shot(running, 'zoom');
  await key(running, 'z');
  await panes(running, 4);

  await go(running, 'ArrowLeft');
  await go(running, 'ArrowUp');
  await key(running, 'S');
  await page.keyboard.type('E_CONN_RESET');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await shot(running, 'find');
  await leave(running);
  await key(running, '[');
  for (const name of ['Alt+ArrowUp', 'Control+p', 'Control+Space', 'Control+n', 'Control+n', 'Alt+f', 'Alt+f']) await page.keyboard.press(name);
  await shot(running, 'copy-mode');
  await page.keyboard.press('q');
  await until(async () => (await page.locator('.copy-cursor').count()) === 0, 'the end of copy mode');

  await key(running, 'X');
  await shown(running, '#export-folder');
  await shot(running, 'export');
  await page.fill('#export-folder', join(running.folder, 'audit-2026-11-24'));
  await page.keyboard.press('Enter');
  await page.getByText('In the clear, into this folder?').waitFor();
  await page.keyboard.press('y');
  await page.getByText('SHA-256 of SHA256SUMS').waitFor();
  await page.keyboard.press('v');
  await page.getByText('The bundle is good').waitFor();
  await shot(running, 'export-done');
  await leave(running);
  await key(running, 'V');
  await until(async () => /good|proven/i.test((await page.locator('.toast').allInnerTexts()).join(' ')), 'the verdict');
  await shot(running, 'verified');
  await key(running, 'Escape');

  await warning(running);
  await shot(running, 'idle-warning');
  await size(running, 1024, 640);
  await shot(running, 'idle-warning-1024');
  await size(running, usual.width, usual.height);
  await page.keyboard.press('Space');
  await until(async () => (await page.locator('.countdown').count()) === 0, 'the warning to go');

  await page.locator('.pane', { hasText: 'ssh · ops' }).locator('.screen').click();
  await page.locator('.pane.is-focused', { hasText: 'ssh · ops' }).waitFor();
  await key(running, ':');
  await page.keyboard.type('split-window -v sh check-feeds db-05\n');
  await shown(running, '.pane__state');
  await shot(running, 'pane-exited');
}

/** Turns the clock until the warning stands. */
async function warning(running: Running): Promise<void> {
  for (let second = 0; second < 900 && (await running.page.locator('.countdown').count()) === 0; second += 5) {
    running.clock.advance(5000);
    await running.app.tick();
    await running.page.evaluate('new Promise((next) => requestAnimationFrame(next))');
  }
  await shown(running, '.countdown');
}

async function lock(running: Running, name: string): Promise<void> {
  const { page } = running;
  await running.surface('lock');
  await size(running, usual.width, usual.height);
  await shown(running, '.poster__way .btn');
  await shot(running, name);
  await page.emulateMedia({ colorScheme: 'light' });
  await shot(running, `${name}-light`);
  await page.emulateMedia({ colorScheme: 'dark', forcedColors: 'active' });
  await shot(running, `${name}-forced-colours`);
  await page.emulateMedia({ colorScheme: 'dark', forcedColors: 'none' });
  await size(running, 1024, 640);
  await shot(running, `${name}-1024`);
  await size(running, 2560, 1440);
  await shot(running, `${name}-2560`);
  await size(running, usual.width, usual.height);
}

/** Wrong passphrases until the page makes the next try wait. */
async function failedLock(running: Running): Promise<void> {
  const { page } = running;
  for (let attempt = 0; attempt < 8 && (await page.locator('[role=timer]').count()) === 0; attempt++) {
    const field = await passphraseField(running);
    await field.fill('this is not the one at all');
    await page.keyboard.press('Enter');
    await until(
      async () =>
        ((await page.locator('.poster__err b').count()) > 0 && (await page.locator('.poster__way [disabled]').count()) === 0) ||
        (await page.locator('[role=timer]').count()) > 0,
      'the refusal',
    );
  }
  await shot(running, 'lock-failed');
}

/** Jon Doe by a passphrase alone, at the lock. */
async function lockedJon(running: Running): Promise<void> {
  const { page } = running;
  await running.surface('setup');
  await page.locator('#name').fill('Jon Doe');
  await page.keyboard.press('Enter');
  await page.locator('#passphrase').fill(passphrase);
  await page.locator('#again').fill(passphrase);
  await page.keyboard.press('Enter');
  await shown(running, '#audit');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^Skip/ }).click();
  await page.getByRole('button', { name: /^Open Wardmux/ }).click();
  await running.surface('workspace');
  await prompt(running);
  await page.keyboard.press('Control+Shift+L');
  await running.surface('lock');
  await size(running, usual.width, usual.height);
  await shown(running, 'input[type=password]');
}

/** What several people see: who is here, the glass that is broken at night, and a station that was stopped. Jon Doe is in front, at the lock. */
async function several(running: Running): Promise<void> {
  const { home, app, clock } = running;
  const envelope = { name: 'Envelope Ward 3', words: 'marble canyon drizzle hammock violet' };
  const other = { name: 'Mo Adeyemi', words: 'velvet anchor thimble quarry lantern' };
  const seconds = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      clock.advance(1000);
      await app.tick();
    }
  };
  await unlockWithPassphrase(running);
  await size(running, usual.width, usual.height);
  await asAdmin(home, 0, passphrase, async (parts) => {
    await enrolOther(parts, envelope.name, envelope.words, ['emergency']);
    await enrolOther(parts, 'Tess Varga', 'harbour pencil meadow copper raven', ['operator']);
  });
  await seconds(6);
  await key(running, ':');
  await running.page.keyboard.type('people\n');
  await running.page.getByText('Tess Varga').first().waitFor();
  await shot(running, 'people');
  await leave(running);
  await app.lock('hotkey');
  await running.surface('lock');
  await size(running, usual.width, usual.height);
  await running.page.locator('#who').waitFor();
  await shot(running, 'lock-id');
  await running.page.keyboard.press('Control+g');
  await shown(running, '.glassform');
  await running.page.keyboard.press('2');
  await running.page.keyboard.type('Interface engine down, INC-20817');
  await running.page.keyboard.press('Tab');
  await running.page.keyboard.type(envelope.name);
  await shot(running, 'break-glass-form');
  await running.page.keyboard.press('Tab');
  await running.page.keyboard.type(envelope.words);
  await running.page.keyboard.press('Enter');
  await running.surface('workspace');
  await prompt(running);
  await size(running, usual.width, usual.height);
  await shown(running, '[data-state="break-glass"]');
  await shot(running, 'break-glass');
  await running.page.getByRole('button', { name: /^End now/ }).click();
  await running.surface('lock');
  await size(running, usual.width, usual.height);
  await seconds(5);
  await shown(running, '.siren');
  await shot(running, 'break-glass-siren');
  await asAdmin(home, 0, passphrase, async (parts) => {
    await enrolOther(parts, other.name, other.words, ['security']);
    await stopStation(parts, 'security-incident');
  });
  await seconds(5);
  await running.page.getByText('Nobody unlocks here now.').waitFor();
  await shot(running, 'lockdown');
}

async function withApp(folder: string, name: string, work: (running: Running) => Promise<void>): Promise<void> {
  const home = join(folder, name);
  mkdirSync(home, { recursive: true });
  writeShell(home);
  const running = await start({ folder: home });
  try {
    await running.page.emulateMedia({ colorScheme: 'dark' });
    await work(running);
  } finally {
    await running.stop();
  }
}

async function main(): Promise<void> {
  mkdirSync(target, { recursive: true });
  // Short, because a browser's profile has to fit below it.
  const folder = mkdtempSync(join(tmpdir(), 'ward-'));
  try {
    await withApp(folder, 'tv', async (running) => {
      await lockedJon(running);
      await several(running);
    });
    await withApp(folder, 'mu', firstRun);
    const policy = join(folder, 'mu', 'home', 'policy.json');
    const facts = JSON.parse(readFileSync(policy, 'utf8')) as { workstation: { name: string; banner: string } };
    facts.workstation.banner = banner;
    writeFileSync(policy, JSON.stringify(facts, undefined, 2));
    // A policy that nobody has accepted is a banner on every picture.
    const accepted = await wardmux(['policy', 'accept', '--passphrase-fd', '3'], { home: join(folder, 'mu', 'home'), passphrase });
    if (accepted.status !== 0) throw new Error(`the policy was not accepted: ${accepted.stderr}`);
    await withApp(folder, 'mu', async (running) => {
      await lock(running, 'lock-passkey');
      await unlock(running);
      await workspace(running);
    });
    await withApp(folder, 'jd', async (running) => {
      await lockedJon(running);
      await shot(running, 'lock-passphrase');
      await failedLock(running);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stderr.write(`${taken} pictures in docs/screenshots\n`);
}

/** The machine's own name would stand in the pictures: a UTS namespace has an invented one. */
function underAnotherName(): number | undefined {
  if (process.platform !== 'linux' || hostname() === workstation) return undefined;
  const flags = process.getuid?.() === 0 ? ['--uts'] : ['--uts', '--map-root-user'];
  if (spawnSync('unshare', [...flags, 'true']).status !== 0) {
    process.stderr.write(`unshare does not work here: the pictures show the name ${hostname()}.\n`);
    return undefined;
  }
  const rename = `hostname ${workstation} && exec "$@"`;
  return spawnSync('unshare', [...flags, 'sh', '-c', rename, 'sh', process.execPath, import.meta.filename, ...wanted], { stdio: 'inherit' }).status ?? 1;
}

const status = underAnotherName();
if (status === undefined) await main();
else process.exitCode = status;
