/**
 * Every page of many people on one workstation, in each state of its own: from 1024 to 2560 points, light and dark, in forced colours and with text at 200 percent
 * axe finds nothing and nothing is cut at the side; and what a screen reader is given of it, as the accessibility tree has it: roles, names, live regions.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import type { Output } from '../../src/bridge/schema.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { brings } from '../support/brings.ts';
import { axeViolations, buildPages, calmEvents, calmLock, launch, open, until, type FakeCore, type Opened } from './harness.ts';

let browser: Browser;
let opened: Opened;

beforeAll(async () => {
  await buildPages();
  browser = await launch();
});
afterAll(async () => browser?.close());
afterEach(async () => {
  const violations = await opened.page.evaluate<string[]>('window.__violations');
  const { errors, core } = opened;
  await opened.context.close();
  expect(violations).toEqual([]);
  expect(errors).toEqual([]);
  expect(core.refused).toEqual([]);
});

/** Text at 200 percent is a window of half as many points. */
const looks = [
  ['1024, dark', { width: 1024, height: 640 }, { colorScheme: 'dark' }],
  ['1440, light', { width: 1440, height: 900 }, { colorScheme: 'light' }],
  ['2560', { width: 2560, height: 1440 }, { colorScheme: 'dark' }],
  ['forced colours', { width: 1440, height: 900 }, { forcedColors: 'active' }],
  ['text at 200 percent', { width: 720, height: 450 }, { forcedColors: 'none' }],
] as const;

const several = { ...calmLock, people: [], typed: true, parked: 2 };
const emergency = { running: null, second: false, alert: { since: '2026-11-24T14:33:00', tries: 3 }, leaves: true };
const stopped = { by: 'S. A.', at: '2026-11-24T14:33:00', reason: 'security-incident' } as const;

const alert: Output<'audit.alerts'>['alerts'][number] = {
  rule: 'spray',
  seq: 4711,
  severity: 'page',
  owner: 'security',
  raised: '2026-11-24T14:31:00.000Z',
  due: '2026-11-24T18:31:00.000Z',
  last: '2026-11-24T14:40:00.000Z',
  count: 5,
  late: true,
  about: ['Mara Ueda', 'K. Moss'],
  aboutYou: false,
  help: 'Unlocks of 3 people failed in 10 minutes on this workstation.',
};
function withAlerts(core: FakeCore): void {
  const alerts = [alert, { ...alert, rule: 'clock-back', seq: 4712, severity: 'warn' as const, aboutYou: true }];
  core.status = { ...core.status, alerts: { open: 2, worst: 'page' } };
  core.audit.alerts = async () => ({ all: 2, alerts });
}

function withEvents(core: FakeCore): void {
  core.audit.events = async () => ({ size: 48_212, events: [...calmEvents], next: 48_100, reached: '2026-11-24T11:53:42.000Z' });
}

interface State {
  readonly surface: 'lock' | 'workspace' | 'guest';
  readonly prepare?: (core: FakeCore) => void;
  /** Brings it about; it stands when this is over. */
  readonly act?: () => Promise<unknown>;
  /** Of the accessibility tree, each a line of it. */
  readonly tree: readonly RegExp[];
}

const page = (): Opened['page'] => opened.page;
async function band(name: string): Promise<void> {
  await until(() => opened.core.requests.some(({ request }) => request === 'workspace.attach'), 'attach');
  await opened.core.settled();
  await page().keyboard.press('Control+b');
  await page().keyboard.type(`:${name}`);
  // The prompt that it is typed into is a dialog too.
  await brings(() => page().keyboard.press('Enter'), page().locator('dialog:not(.palette)'));
}

const states: Readonly<Record<string, State>> = {
  'the lock, asking who': {
    surface: 'lock',
    prepare: (core) => void (core.lockFacts = several),
    act: () => page().locator('#who').waitFor(),
    tree: [/textbox "your id or name"/, /button "Next/, /button "Break-glass/],
  },
  'the lock, for whoever cannot get in': {
    surface: 'lock',
    prepare: (core) => void (core.lockFacts = { ...several, held: 1, help: 'Ward IT, 4711' }),
    act: () => brings(() => page().getByRole('button', { name: 'I cannot get in' }).click(), page().getByText('Ask here: Ward IT, 4711')),
    tree: [/region "You cannot get in\."/, /term: New keys/, /button "Back/, /button "Break-glass/, /1 of them logged off/],
  },
  'the lock, in a wait': {
    surface: 'lock',
    prepare: (core) => {
      core.lockFacts = { ...calmLock, people: [{ id: 'p-000000000001', masked: 'M. U.', methods: ['passphrase'] }] };
      core.unlock = async () => {
        core.lockFacts = { ...core.lockFacts, failures: 9, backOffSeconds: 3000 };
        throw new Refusal('wrong-passphrase', 'That passphrase did not open this.');
      };
    },
    act: async () => {
      await page().locator('#passphrase').waitFor();
      await page().keyboard.type('not the right one at all');
      await brings(() => page().keyboard.press('Enter'), page().getByRole('alert').getByText('9 tries in a row'));
    },
    tree: [/alert.*That passphrase did not open this/, /button "Unlock.*\[disabled\]/, /button "Break-glass/],
  },
  'the lock, of somebody with an emergency that nobody was told of': {
    surface: 'lock',
    prepare: (core) => void (core.lockFacts = { ...several, emergency }),
    act: () => page().locator('.siren').waitFor(),
    tree: [/nobody outside has been told yet/, /textbox "your id or name"/],
  },
  'the glass': {
    surface: 'lock',
    act: async () => {
      await brings(
        () =>
          page()
            .getByRole('button', { name: /^Break-glass/ })
            .click(),
        page().locator('.glassform'),
      );
    },
    tree: [
      /region "Break the glass/,
      /radio "a patient’s safety/,
      /textbox "emergency credential, or your id or name"/,
      /button "Break the glass/,
      /button "Leave/,
    ],
  },
  'a stopped station': {
    surface: 'lock',
    prepare: (core) => void (core.lockFacts = { ...several, stopped }),
    act: () =>
      page()
        .getByRole('button', { name: /^Lift the stop/ })
        .waitFor(),
    tree: [/Nobody unlocks here now/, /button "Lift the stop/, /button "Break-glass/],
  },
  'the lifting of a stop': {
    surface: 'lock',
    prepare: (core) => void (core.lockFacts = { ...several, stopped }),
    act: async () => {
      await brings(
        () =>
          page()
            .getByRole('button', { name: /^Lift the stop/ })
            .click(),
        page().locator('#lift-who'),
      );
    },
    tree: [/region "Lift the stop"/, /textbox "your id or name"/, /textbox "passphrase"/, /button "Leave/],
  },
  'an export, before anything is asked': {
    surface: 'workspace',
    act: () => band('export-pane'),
    tree: [
      /dialog "Export a session log"/,
      /textbox "what it is for"/,
      /textbox "who gets it"/,
      /combobox "as"/,
      /combobox "what is withheld"/,
      /button "Next/,
    ],
  },
  'an export, with recognisers to choose': {
    surface: 'workspace',
    act: async () => {
      await band('export-pane');
      await brings(() => page().getByLabel('what is withheld').selectOption('chosen'), page().getByRole('checkbox', { name: 'mrn' }));
    },
    tree: [/group "Which recognisers look"/, /checkbox "ssn"/],
  },
  'an export, place by place': {
    surface: 'workspace',
    act: async () => {
      await band('export-pane');
      await page().getByLabel('what it is for').fill('weekly review');
      await page().getByLabel('who gets it').fill('ward office');
      await page().getByLabel('where it goes').fill('/media/audit');
      await brings(() => page().keyboard.press('Enter'), page().getByRole('list', { name: 'What was found' }));
    },
    tree: [
      /alert.*In the clear, into this folder/,
      /list "What was found"/,
      /region "This place"/,
      /textbox "why it may go out"/,
      /button "Cancel/,
      /button "Export and sign/,
    ],
  },
  'key slots, before the proof': {
    surface: 'workspace',
    act: () => band('key-slots'),
    tree: [/dialog "Key slots"/, /group "What opens your recordings"/, /columnheader "asks for"/, /textbox "your passphrase"/, /button "Try: Key ring"/],
  },
  'key slots, after it': {
    surface: 'workspace',
    prepare: (core) => void (core.vault = { ...core.vault, confirmPassphrase: async () => ({ slot: 'k-000000000001' }) }),
    act: async () => {
      await band('key-slots');
      await page().locator('#confirm').fill('kettle orbit willow prairie stamp');
      await brings(() => page().keyboard.press('Enter'), page().getByRole('button', { name: /^Remove: Key ring/ }));
    },
    tree: [/status:? .*It is you/, /button "Name: Key ring"/, /button "Remove: Key ring"/],
  },
  'key slots, a weaker passkey': {
    surface: 'workspace',
    prepare: (core) => void (core.vault = { ...core.vault, confirmPassphrase: async () => ({ slot: 'k-000000000001' }) }),
    act: async () => {
      await band('key-slots');
      await page().locator('#confirm').fill('kettle orbit willow prairie stamp');
      await page().keyboard.press('Enter');
      await brings(
        () =>
          page()
            .getByRole('button', { name: /^Weaker passkey/ })
            .click(),
        page().locator('#slot-name'),
      );
    },
    tree: [/heading "Weaker passkey"/, /neither was made to be a secret/, /textbox "name"/, /button "Enrol it/],
  },
  'people, where shells of somebody who was logged off run on': {
    surface: 'workspace',
    prepare: (core) => void (core.held = [{ id: 'p-0000000000d1', name: 'Jo Varga', shells: 3, since: '2026-11-24T05:10:00.000Z' }]),
    act: async () => {
      await band('people');
      await brings(() => page().getByRole('button', { name: 'End them: Jo Varga' }).click(), page().getByRole('button', { name: 'End now' }));
    },
    tree: [/region "Shells that run on"/, /3 shells, since/, /button "End now"/, /button "Let them run"/],
  },
  'people, one of them': {
    surface: 'workspace',
    act: async () => {
      await band('people');
      await brings(() => page().getByRole('button', { name: 'Mara Ueda' }).click(), page().getByRole('button', { name: 'Delete: Mara Ueda' }));
    },
    tree: [
      /dialog "People"/,
      /button "Mara Ueda" \[pressed\]/,
      /region "Mara Ueda"/,
      /group "What opens the keys of Mara Ueda"/,
      /button "New keys: Mara Ueda"/,
    ],
  },
  'the policy': {
    surface: 'workspace',
    act: async () => {
      await band('policy');
      await page().getByRole('cell', { name: 'lock.idleSeconds' }).waitFor();
    },
    tree: [/dialog "Policy"/, /columnheader "before"/, /cell "weaker"/, /button "Take it into force/],
  },
  'alerts that are open': {
    surface: 'workspace',
    prepare: withAlerts,
    act: async () => {
      await band('alerts');
      await page().getByRole('button', { name: 'Close: 4711/spray' }).waitFor();
    },
    tree: [/dialog "Alerts"/, /heading "Alerts that are open"/, /list "Alerts"/, /button "Close: 4711\/spray"/, /It is about you/],
  },
  'the closing of an alert': {
    surface: 'workspace',
    prepare: withAlerts,
    act: async () => {
      await band('alerts');
      await brings(() => page().getByRole('button', { name: 'Close: 4711/spray' }).click(), page().locator('#alert-note'));
      await brings(() => page().keyboard.press('Enter'), page().getByRole('alert').getByText('Say what you found first'));
    },
    tree: [/heading "Close alert 4711\/spray"/, /textbox "what you found"/, /alert.*Say what you found first/, /button "Close it/],
  },
  'the audit centre, an event opened': {
    surface: 'workspace',
    prepare: (core) => {
      withAlerts(core);
      withEvents(core);
    },
    act: async () => {
      await band('audit');
      await page().getByRole('button', { name: 'Event 48 205' }).click();
      await brings(() => page().getByText('Failed unlocks by hour: as a table').click(), page().locator('details[open] table'));
      await page().getByRole('button', { name: 'Close: 4711/spray' }).waitFor();
    },
    tree: [
      /dialog "Audit centre"/,
      /region "The last days"/,
      /failed in 24 hours/,
      /group "Table of events"/,
      /columnheader "outcome"/,
      /button "Event 48 205" \[expanded\]/,
      /button "raised an alert"/,
      /region "Alerts that are open"/,
    ],
  },
  'the audit centre, an emergency under review': {
    surface: 'workspace',
    prepare: (core) => {
      withEvents(core);
      core.audit.emergencies = async () => ({
        emergencies: [
          {
            id: 'b-0123456789ab',
            person: 'Envelope Ward 7',
            personId: 'p-0000000000e7',
            second: 'Jo Varga',
            reason: 'system-down',
            time: '2026-11-24T02:10:00.000Z',
            end: '2026-11-24T02:51:00.000Z',
            due: '2026-11-27T02:51:00.000Z',
            late: true,
            words: true,
            not: null,
          },
        ],
      });
    },
    act: async () => {
      await band('audit');
      await brings(() => page().getByRole('button', { name: 'Review it: b-0123456789ab' }).click(), page().getByRole('radio', { name: 'not justified' }));
    },
    tree: [/heading "Review of b-0123456789ab, of Envelope Ward 7 with Jo Varga"/, /group "The emergency was"/, /radio "justified"/, /button "Sign it/],
  },
  'somebody new at a covered session': {
    surface: 'guest',
    prepare: (core) => {
      const view = core.people.view();
      core.people.view = () => ({ ...view, step: 'newcomer', newcomer: 'Jo Varga', hash: null, who: [] });
    },
    act: () => page().locator('#passphrase').waitFor(),
    tree: [/heading "Jo Varga, choose a passphrase/, /textbox "passphrase"/, /textbox "the same again"/, /status/, /timer/],
  },
  'a second person at a covered session, refused': {
    surface: 'guest',
    prepare: (core) => {
      const view = core.people.view();
      core.people.view = () => ({ ...view, changes: core.policy.wish!.changes });
      core.people.agree = async () => {
        throw new Refusal('wrong-passphrase', 'That did not open it.');
      };
    },
    act: async () => {
      await page().locator('#agree-id').fill('K. Moss');
      await page().locator('#agree').fill('kettle orbit willow prairie stamp');
      await brings(() => page().keyboard.press('Enter'), page().getByRole('alert').getByText('That did not open it.'));
    },
    tree: [
      /heading "A second person decides"/,
      /alert.*That did not open it/,
      /textbox "your id or name"/,
      /cell "lock.idleSeconds"/,
      /button "Refuse"/,
      /timer/,
    ],
  },
};

test.each(Object.entries(states))(
  '%s: at each size axe finds nothing, nothing is cut, and a screen reader is given what stands there',
  async (_, { surface, prepare, act, tree }) => {
    opened = await open(browser, surface, {}, prepare);
    await act?.();
    // What is said of a deed comes a moment after what it has changed.
    let missing: readonly RegExp[] = tree;
    const complete = async (): Promise<boolean> => {
      const read = (await page().locator('body').ariaSnapshot()).split('\n');
      missing = tree.filter((line) => !read.some((one) => line.test(one)));
      return missing.length === 0;
    };
    await until(complete, 'the accessibility tree').catch(() => undefined);
    expect(missing).toEqual([]);
    for (const [name, size, media] of looks) {
      await page().setViewportSize(size);
      await page().emulateMedia(media);
      expect(await axeViolations(opened), name).toEqual([]);
      expect(await page().evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth'), `${name}: wider than the window`).toBe(true);
      const cut = `[...document.querySelectorAll('dialog.band, main')].filter((box) => box.scrollWidth > box.clientWidth).map((box) => box.className)`;
      expect(await page().evaluate<string[]>(cut), name).toEqual([]);
    }
  },
);
