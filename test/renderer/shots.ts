/** Pictures of the pages, to look at: node test/renderer/shots.ts FOLDER [name…]. Not a test. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import { hl7, journal, psql, ssh } from './demo.ts';
import { buildPages, calmEvents, launch, open, until, type Opened } from './harness.ts';

const [folder = 'shots', ...only] = process.argv.slice(2);
const small = { viewport: { width: 1024, height: 640 } };
const large = { viewport: { width: 2560, height: 1440 } };
const light = { colorScheme: 'light' } as const;
const forced = { forcedColors: 'active' } as const;

/** Four panes, as in a shift. */
export async function fourPanes(opened: Opened): Promise<void> {
  const { core, page } = opened;
  await until(() => core.requests.some(({ request }) => request === 'workspace.attach'), 'attach');
  core.command('rename-window feeds');
  core.command('split-window -h -l 40%');
  core.command('split-window -v -l 55%');
  core.command('select-pane -L');
  core.command('split-window -v -l 40%');
  core.command('new-window -d -n claims');
  core.command('new-window -d -n edge');
  core.command('new-window -d -n ticket');
  core.command('select-pane -U');
  await core.settled();
  const panes = core.state!.server.sessions[0]!.windows[0]!.panes.map((pane) => pane.id);
  const texts = [
    `\x1b]0;hl7 engine · if-icu-01\x07${hl7(140)}`,
    `\x1b]0;psql · feeds@db-04\x07${psql}`,
    `\x1b]0;journal · if-icu-01\x07${journal(40)}`,
    `\x1b]0;ssh · ops@lab-gw-02\x07${ssh}`,
  ];
  for (const [i, pane] of panes.entries()) await core.print(pane, texts[i] ?? '');
  await core.settled();
  await until(() => page.evaluate<boolean>('document.querySelector(".xterm-rows")?.textContent.length > 100'), 'the text of a pane');
}

interface Shot {
  readonly name: string;
  readonly surface: 'workspace' | 'lock' | 'setup';
  readonly options?: BrowserContextOptions;
  readonly act: (opened: Opened) => Promise<void>;
  readonly prepare?: Parameters<typeof open>[3];
}

const prefix = async ({ page }: Opened, key?: string): Promise<void> => {
  await page.keyboard.press('Control+b');
  if (key) await page.keyboard.press(key);
};
const workspace = (name: string, act: (opened: Opened) => Promise<void> = async () => {}, options: BrowserContextOptions = {}): Shot => ({
  name,
  surface: 'workspace',
  options,
  act: async (opened) => {
    await fourPanes(opened);
    await act(opened);
  },
});

/** The audit centre, with what a shift leaves. */
async function auditCentre({ core, page }: Opened): Promise<void> {
  core.audit.events = async () => ({
    size: 48_210,
    events: [...calmEvents, ...calmEvents.map((one) => ({ ...one, seq: one.seq - 14 }))],
    next: 48_100,
    reached: '2026-11-24T11:53:42.000Z',
  });
  const alert = { seq: 48_205, severity: 'page', owner: 'security', raised: '2026-11-24T14:31:00.000Z', due: '2026-11-24T18:31:00.000Z', last: '2026-11-24T14:40:00.000Z', count: 5, late: false, about: ['Mara Ueda'], aboutYou: false } as const; // prettier-ignore
  core.audit.alerts = async () => ({
    all: 2,
    alerts: [
      { ...alert, rule: 'forged-unlock', help: 'A passkey answered for another site, or without asking who was there.', about: [...alert.about] },
      {
        ...alert,
        rule: 'anchor-fails',
        seq: 48_206,
        severity: 'warn',
        help: 'An anchor outside has not taken a head in several attempts.',
        late: true,
        about: [],
      },
    ],
  });
  await page.keyboard.press('Control+b');
  await page.keyboard.type(':audit');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Event 48 209' }).waitFor();
  await page.getByText('events of people in 7 days').waitFor();
}

export const shots: readonly Shot[] = [
  workspace('workspace-1440-dark'),
  workspace('workspace-1440-light', undefined, light),
  workspace('workspace-1024-dark', undefined, small),
  workspace('workspace-2560-dark', undefined, large),
  workspace('workspace-1440-forced', undefined, forced),
  workspace('workspace-1366-contrast', undefined, { viewport: { width: 1366, height: 768 }, contrast: 'more' }),
  workspace('prefix', async (opened) => {
    await prefix(opened);
    await opened.page.waitForSelector('.band--keys');
  }),
  workspace(
    'prefix-1024',
    async (opened) => {
      await prefix(opened);
      await opened.page.waitForSelector('.band--keys');
    },
    small,
  ),
  workspace('palette', async (opened) => {
    await prefix(opened, ':');
    await opened.page.keyboard.type('spl');
  }),
  workspace('keys', async (opened) => prefix(opened, '?')),
  workspace('confirm', async (opened) => prefix(opened, 'x')),
  workspace('rename', async (opened) => prefix(opened, ',')),
  workspace('menu', async (opened) => prefix(opened, '>')),
  workspace('numbers', async (opened) => prefix(opened, 'q')),
  workspace('copy-mode', async (opened) => {
    await prefix(opened, '[');
    for (const key of ['Control+u', 'k', 'Space', 'j', 'j', 'w', 'w']) await opened.page.keyboard.press(key);
  }),
  workspace('search', async (opened) => {
    await prefix(opened, 'S');
    await opened.page.keyboard.type('E_CONN_RESET');
    await opened.page.keyboard.press('Enter');
    await opened.page.keyboard.press('Enter');
  }),
  workspace(
    'search-1024-light',
    async (opened) => {
      await prefix(opened, 'S');
      await opened.page.keyboard.type('E_CONN_RESET');
    },
    { ...small, ...light },
  ),
  workspace('paste', async ({ page }) => {
    await page.evaluate(
      `(() => { const data = new DataTransfer(); data.setData('text/plain', 'sudo systemctl stop hl7d\\ncp /srv/pki/lab-gw-02.2027.pem /etc/hl7d/tls/peer.pem\\nsudo systemctl start hl7d\\u001b[201~\\nrm -rf /var/spool/hl7d/hold\\n'); document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })); })()`,
    );
  }),
  workspace('export', async (opened) => prefix(opened, 'X')),
  workspace('export-1024', async (opened) => prefix(opened, 'X'), small),
  workspace('export-places', async (opened) => exportTo(opened, 'places')),
  workspace('export-places-light', async (opened) => exportTo(opened, 'places'), light),
  workspace('export-places-1024', async (opened) => exportTo(opened, 'places'), small),
  workspace('export-chosen', async (opened) => exportTo(opened, 'chosen')),
  workspace('export-done', async (opened) => {
    await exportTo(opened, 'places');
    await opened.page.keyboard.press('y');
    await opened.page.waitForSelector('dialog [role="status"]');
  }),
  workspace('audit', auditCentre),
  workspace('audit-light', auditCentre, light),
  workspace('audit-1024', auditCentre, small),
  workspace('audit-2560', auditCentre, large),
  workspace('audit-forced', auditCentre, forced),
  workspace('audit-event', async (opened) => {
    await auditCentre(opened);
    await opened.page.getByRole('button', { name: 'Event 48 205' }).click();
    await opened.page.getByText('Activity by hour and day: as a table').click();
    await opened.page.getByRole('button', { name: 'Sign a review of these' }).click();
  }),
  workspace('zoom', async ({ core }) => void core.command('resize-pane -Z')),
  workspace('warning', async ({ core }) => core.emit('status', { ...core.status, lockIn: 23, warning: true })),
  workspace('warning-1024', async ({ core }) => core.emit('status', { ...core.status, lockIn: 23, warning: true }), small),
  workspace('notices', async ({ core }) => {
    core.emit('notice', {
      level: 'stop',
      sentence: 'Disk full. Recording stopped, so typing stopped. Four panes stay readable. Free 200 MiB on /var/lib/wardmux.',
    });
    core.emit('notice', { level: 'warn', sentence: 'Offline since 14:20. Unlocking and recording go on.' });
    core.emit('notice', { level: 'ok', sentence: 'Exported and signed.' });
    core.emit('welcome', { lastUnlock: '2026-11-24T14:02:00', failures: 0 });
  }),
  workspace('ended', async ({ core }) => {
    const [one, two] = core.state!.server.sessions[0]!.windows[0]!.panes.map((pane) => pane.id);
    core.exit(one!, 'The program ended with status 255, 0.4 s after its start. What it printed is in its recording.');
    core.fail(two!, 'The shell /bin/zsh is not on this machine. Nothing was started.');
  }),
  { name: 'lock-1440-dark', surface: 'lock', act: async ({ page }) => void (await page.waitForSelector('.btn')) },
  { name: 'lock-1440-light', surface: 'lock', options: light, act: async ({ page }) => void (await page.waitForSelector('.btn')) },
  { name: 'lock-1024-dark', surface: 'lock', options: small, act: async ({ page }) => void (await page.waitForSelector('.btn')) },
  { name: 'lock-2560-dark', surface: 'lock', options: large, act: async ({ page }) => void (await page.waitForSelector('.btn')) },
  { name: 'lock-forced', surface: 'lock', options: forced, act: async ({ page }) => void (await page.waitForSelector('.btn')) },
  {
    name: 'lock-passphrase',
    surface: 'lock',
    prepare: (core) => void (core.lockFacts = { ...core.lockFacts, flags: [], people: [{ id: 'p-000000000001', masked: 'M. U.', methods: ['passphrase'] }] }),
    act: async ({ page }) => void (await page.waitForSelector('input')),
  },
  {
    name: 'lock-failed',
    surface: 'lock',
    prepare: (core) => void (core.lockFacts = { ...core.lockFacts, backOffSeconds: 15, failures: 5 }),
    act: async ({ page }) => void (await page.waitForSelector('.btn')),
  },
  ...(['dark', 'light'] as const).map((scheme): Shot => ({
    name: `setup-1-${scheme}`,
    surface: 'setup',
    options: { colorScheme: scheme },
    act: async ({ page }) => void (await page.waitForSelector('input')),
  })),
  {
    name: 'setup-2',
    surface: 'setup',
    act: async ({ page }) => {
      await page.waitForSelector('input');
      await page.keyboard.type('Mariko Ueda');
      await page.keyboard.press('Enter');
      await page.keyboard.type('gravel kettle');
    },
  },
  {
    name: 'setup-3',
    surface: 'setup',
    options: small,
    act: async (opened) => setupTo(opened, 3),
  },
  { name: 'setup-4', surface: 'setup', act: async (opened) => setupTo(opened, 4) },
  { name: 'setup-5', surface: 'setup', act: async (opened) => setupTo(opened, 5) },
];

/** Asked for, and what was found; `chosen`: with recognisers to choose from. */
async function exportTo(opened: Opened, to: 'places' | 'chosen'): Promise<void> {
  const { page } = opened;
  await prefix(opened, 'X');
  await page.waitForSelector('#export-purpose');
  await page.fill('#export-purpose', 'Case 2026-118, order traffic of half an hour');
  await page.fill('#export-recipient', 'P. Quill, Ostermoor Legal');
  await page.fill('#export-path', '/media/audit-usb/case-118');
  if (to === 'chosen') {
    await page.selectOption('#export-redact', 'chosen');
    return;
  }
  await page.locator('#export-path').press('Enter');
  await page.waitForSelector('.export__list');
}

export async function setupTo({ page }: Opened, step: 3 | 4 | 5): Promise<void> {
  await page.waitForSelector('#name');
  await page.fill('#name', 'Mariko Ueda');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#passphrase');
  await page.fill('#passphrase', 'gravel kettle ostrich violin');
  await page.fill('#again', 'gravel kettle ostrich violin');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#audit');
  if (step === 3) return;
  await page.keyboard.press('Enter');
  await page.waitForSelector('[data-step="4"]');
  if (step === 4) return;
  await page.click('text=Skip the passkey');
  await page.waitForSelector('[data-step="5"]');
}

if (import.meta.filename === process.argv[1]) {
  mkdirSync(folder, { recursive: true });
  await buildPages();
  const browser = await launch();
  try {
    for (const shot of shots) {
      if (only.length > 0 && !only.some((name) => shot.name.startsWith(name))) continue;
      const opened = await open(browser, shot.surface, shot.options, shot.prepare);
      try {
        await shot.act(opened);
        await opened.core.settled();
        await opened.page.screenshot({ path: join(folder, `${shot.name}.png`) });
      } catch (error) {
        process.stderr.write(`${shot.name}: ${String(error)}\n`);
      }
      const violations = await opened.page.evaluate<string[]>('window.__violations');
      for (const problem of new Set([...opened.errors, ...violations, ...opened.core.refused])) process.stderr.write(`${shot.name}: ${problem}\n`);
      await opened.context.close();
    }
  } finally {
    await browser.close();
  }
}
