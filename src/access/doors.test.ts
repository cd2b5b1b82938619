/** Every door, walked: each row that can be asked for there, by everybody who can stand before it, asked of the real services over fakes of what lies behind them. */
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { firstHome, ownFolder } from '../../test/support/first-home.ts';
import { encodeFrame } from '../bridge/frames.ts';
import { PageKey } from '../bridge/channel/web.ts';
import { requests, type RequestName } from '../bridge/schema.ts';
import { commandsFor } from '../cli/commands/index.ts';
import { pass, passBefore, requireAsked } from '../cli/door.ts';
import { listen } from '../control/listen.ts';
import { verbNames, verbs, type AppFacts, type Verb, type VerbHandlers } from '../control/verbs.ts';
import { checkEntry, type AuditEntry } from '../ledger/events.ts';
import { commands } from '../mux/commands/index.ts';
import { runCommandLine } from '../mux/commands/run.ts';
import { createState } from '../mux/state/model.ts';
import { newWindow } from '../mux/state/windows.ts';
import { SoftwareAuthenticator } from '../people/passkey.fixture.ts';
import { Passkeys } from '../people/passkey.ts';
import { savePerson } from '../people/person.ts';
import { factsOf } from '../people/pinned.ts';
import { BridgeServer, type RequestHandlers } from '../process/bridge-server.ts';
import { linkPair } from '../process/link.fixture.ts';
import type { Link } from '../process/link.ts';
import { PtyHost } from '../pty/host.ts';
import { ptyService } from '../pty/service.ts';
import { openHome } from '../storage/index.ts';
import { FakeClock } from '../time/clock.fixture.ts';
import type { FirstRunResult } from '../services/installation/first-run.ts';
import { Refusal } from '../types/refusal.ts';
import { roles, type Role } from '../types/words.ts';
import { VaultHost } from '../vault/host.ts';
import { vaultService } from '../vault/service.ts';
import { NOW, roleSets, standings } from './access.fixture.ts';
import {
  denialOf,
  denialReasons,
  emergencyGrantOf,
  grantOf,
  openDoor,
  permissionNames,
  permissions,
  type Denial,
  type Permission,
  type Standing,
} from './index.ts';

/** What the table says, which access.test.ts holds to what was thought of: here it is whether each door asks it, and does as it says. */
const may = (needs: Permission, standing: Standing): boolean => denialOf(needs, standing, NOW) === undefined;

/** A door with what it has told. */
function told(standing: Standing): { readonly door: ReturnType<typeof openDoor>; readonly denied: Denial[] } {
  const denied: Denial[] = [];
  return { door: openDoor({ standing: () => standing, denied: (denial) => denied.push(denial), now: () => NOW }), denied };
}

/** An input that no row of a helper process takes: whoever gets past the door is told so, nobody else learns even that, and no handler runs. */
const noInput = 'strange';

/** One installation for vault and command line. */
let made: FirstRunResult;
beforeAll(async () => {
  made = await firstHome(ownFolder());
});

describe('page', () => {
  test('each request in each state reaches its handler where it may, and is told where not', async () => {
    for (const name of Object.keys(requests) as RequestName[]) {
      const { needs, surfaces } = requests[name];
      for (const standing of standings) {
        const { door, denied } = told(standing);
        let called = 0;
        const posted: { ok?: boolean; error?: { code: string } }[] = [];
        const handlers = new Proxy({}, { get: () => async () => void called++ }) as RequestHandlers;
        const server = new BridgeServer({
          handlers,
          surface: () => surfaces[0]!,
          door,
          post: (text) => posted.push(JSON.parse(text) as (typeof posted)[number]),
          refused: () => {},
          now: () => 0,
        });
        await server.receive(JSON.stringify({ id: 1, request: name, input: { strange: 1 } }));
        expect(called).toBe(0);
        expect(posted[0]?.error?.code === 'bad-input', `${name} ${JSON.stringify(standing)}`).toBe(may(needs, standing));
        expect(denied.length).toBe(may(needs, standing) ? 0 : 1);
      }
    }
  });
});

describe('command', () => {
  test('each command in each state runs where it may, and changes nothing where not', () => {
    const begun = newWindow(createState({ cols: 120, rows: 40 }), { program: 'sh' }).state;
    for (const { name, needs } of commands) {
      for (const standing of standings) {
        const { door, denied } = told(standing);
        const outcome = runCommandLine(begun, name, { program: 'sh', refused: (asked) => door(asked)?.sentence });
        if (may(needs, standing)) expect(denied, name).toEqual([]);
        else {
          expect([outcome.failed, outcome.effects, outcome.message], name).toEqual([true, [], denied[0]?.sentence]);
          expect(outcome.state).toBe(begun);
        }
      }
    }
  });
});

interface Answer {
  readonly output?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: string };
}

/** Main, by hand, at the other end of a helper process. */
class Main {
  readonly denied: { readonly needs: Permission; readonly why: string; readonly person?: string }[] = [];
  readonly #answers = new Map<number, (answer: Answer) => void>();
  readonly #send: (message: unknown) => void;
  #next = 1;

  constructor(send: (message: unknown) => void) {
    this.#send = send;
  }

  take(message: unknown): void {
    const { id, request, input, ...answer } = message as Answer & { readonly id?: number; readonly request?: string; readonly input?: never };
    if (request === 'denied') this.denied.push(input!);
    else if (id !== undefined) this.#answers.get(id)?.(answer);
  }

  /** A row that is only told is answered too, where it is asked with a number. */
  ask(request: string, input: unknown): Promise<Answer> {
    const id = this.#next++;
    const answer = new Promise<Answer>((resolve) => this.#answers.set(id, resolve));
    this.#send({ id, request, input });
    return answer;
  }

  frame(frame: Uint8Array): void {
    this.#send({ frame });
  }

  /** Asks for a row of `needs`: past the door it is refused with one of `beyond`, at the door it is told to main, once. */
  async walk(request: string, input: unknown, needs: Permission, standing: Standing, beyond: readonly string[]): Promise<void> {
    const before = this.denied.length;
    const code = (await this.ask(request, input)).error?.code;
    const where = `${request} ${JSON.stringify(standing)}`;
    if (may(needs, standing)) {
      expect(beyond, where).toContain(code);
      expect(this.denied.slice(before), where).toEqual([]);
      return;
    }
    expect(denialReasons, where).toContain(code);
    const person = standing.grant?.person;
    expect(this.denied.slice(before), where).toEqual([{ needs, why: code, ...(person === undefined ? {} : { person }) }]);
  }
}

describe('vault', () => {
  const party = { origin: 'https://wardmux.localhost', rpId: 'wardmux.localhost' };
  const now = '2026-11-28T00:00:00.000Z';

  function start(): { readonly main: Main; readonly link: Link } {
    const [inside, outside] = linkPair();
    const main = new Main((message) => void outside.send(message));
    outside.onMessage((message) => main.take(message));
    new VaultHost({
      link: inside,
      exit: () => {
        throw new Error('the vault has ended');
      },
      nowMs: () => 0,
    });
    return { main, link: outside };
  }
  const rows = Object.entries(vaultService);

  test('each row before anybody is in, in the first run and locked', async () => {
    const { main } = start();
    const home = openHome(mkdtempSync(join(tmpdir(), 'wardmux-doors-')));
    const walk = async (standing: Standing): Promise<void> => {
      for (const [name, { needs }] of rows) await main.walk(name, noInput, needs, standing, ['bad-input']);
    };
    await walk({ phase: 'first-run' });
    await main.ask('configure', { home: home.folder, ...party, version: '0.0.0' });
    await walk({ phase: 'first-run' });
    mkdirSync(home.folder, { recursive: true });
    writeFileSync(home.installation, '');
    await walk({ phase: 'locked' });
  });

  test('each row by whoever is in, with every set of roles, ordinarily and in an emergency', async () => {
    const { home, identity } = made;
    const passkeys = new Passkeys(party, () => 0);
    const device = new SoftwareAuthenticator(party.origin, party.rpId);
    const prove = await passkeys.enrolVerify(identity, device.create(await passkeys.enrolOptions(identity)));
    await passkeys.enrolProve(identity, device.get(prove), [device.prf(prove)!, device.prf(prove)!], 'Key', now);
    savePerson(home, identity.person);
    const person = identity.person.id;
    const facts = factsOf(identity.person);
    identity.destroy();

    const { main } = start();
    await main.ask('configure', { home: home.folder, ...party, version: '0.0.0' });
    const key = await PageKey.generate();
    const page = await key.connect((await main.ask('connect', { publicKey: key.publicKey })).output!['publicKey'] as Uint8Array);
    // Words that are no roles do not get so far: the vault takes the ledger's alone.
    const sets = roleSets.filter((set) => set.every((role) => roles.includes(role as Role)));
    for (const emergency of [false, true])
      for (const held of emergency ? sets.filter((set) => set.length < 2) : sets) {
        const known = { ...facts, former: [], seq: 0, roles: held, rolesSeq: null, state: 'active', stateSeq: null };
        const { options } = (await main.ask('passkeyOptions', { person, known })).output!;
        main.frame(await page.seal(encodeFrame({ type: 'prf', bytes: device.prf(options)! })));
        const opened = await main.ask('unlockPasskey', { person, known, response: device.get(options as never), emergency });
        expect(opened).toMatchObject({ output: { person } });
        const breaks = emergency && (held.includes('emergency') || held.includes('operator'));
        const grant = breaks ? emergencyGrantOf({ id: person }, 'passkey', 'none', null) : grantOf({ id: person, roles: held }, 'passkey');
        for (const [name, { needs }] of rows) await main.walk(name, noInput, needs, { phase: 'open', grant }, ['bad-input']);
      }
  });
});

describe('pty', () => {
  test('each row for everybody who can be named, ordinarily and in an emergency', async () => {
    const never = (): never => {
      throw new Error('nothing is started');
    };
    const link: Link['post'] = (message) => void main.take(message);
    // Not configured: whatever a door lets through, a handler refuses as not ready.
    const host = new PtyHost({
      link: { post: link, onMessage: () => {}, onClose: () => {} },
      spawn: never,
      createWriter: never,
      clock: new FakeClock(),
      exit: never,
    });
    const main = new Main((message) => host.receive(message));
    const person = 'p-0123456789ab';
    const breakGlass = 'b-0123456789ab';
    const opened = { role: 'emergency', reason: 'system-down', breakGlass } as const;
    const named: readonly (readonly [input: unknown, grant: Standing['grant']])[] = [
      [noInput, undefined],
      ...roleSets.flatMap((held) => {
        const known = { id: person, roles: held };
        return [
          [{ person, roles: held }, grantOf(known, 'named')],
          [{ person, roles: held, opened }, emergencyGrantOf(known, 'named', opened.reason, breakGlass)],
          // An emergency without its id is none.
          [{ person, roles: held, opened: { ...opened, breakGlass: null } }, grantOf(known, 'named')],
        ] as const;
      }),
    ];
    for (const [name, { needs }] of Object.entries(ptyService))
      for (const [input, grant] of named) await main.walk(name, input, needs, { phase: 'locked', grant }, ['bad-input', 'not-ready']);
  });
});

describe('socket', () => {
  test('each word in each state is carried out where it may, once, and told where not', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'wm-doors-')), 'run', 'wardmux.sock');
    const facts: AppFacts = { window: true, state: 'locked', locked: true, since: null, visible: 'gone', shells: 0, host: 'chromium', version: '0.0.0', pid: 1, lowered: [] }; // prettier-ignore
    // What each gives, and takes.
    const answers: Readonly<Record<Verb, object>> = {
      lock: facts,
      status: facts,
      show: facts,
      challenge: { person: '', sealed: '' },
      command: { output: '', refused: false },
    };
    const inputs: Partial<Record<Verb, object>> = { command: { words: ['list-panes'], sealed: '', proof: '' } };
    let handled: Verb[] = [];
    const handlers = Object.fromEntries(verbNames.map((verb) => [verb, async () => (handled.push(verb), answers[verb])])) as unknown as VerbHandlers;
    let now = told({ phase: 'first-run' });
    const server = await listen({ path, handlers, door: (needs) => now.door(needs), refused: () => {}, sign: async () => undefined });
    const ask = (command: Verb): Promise<{ readonly ok: boolean; readonly error?: string }> =>
      new Promise((resolve, reject) => {
        const socket = createConnection(path, () => socket.write(`${JSON.stringify({ command, nonce: '0'.repeat(64), input: inputs[command] })}\n`));
        let answer = '';
        socket.on('data', (chunk) => (answer += chunk.toString()));
        socket.on('close', () => resolve(JSON.parse(answer) as never));
        socket.on('error', reject);
      });
    try {
      for (const verb of verbNames)
        for (const standing of standings) {
          [now, handled] = [told(standing), []];
          const answer = await ask(verb);
          const allowed = may(verbs[verb].needs, standing);
          expect([answer.ok, handled, now.denied.length], `${verb} ${JSON.stringify(standing)}`).toEqual([allowed, allowed ? [verb] : [], allowed ? 0 : 1]);
        }
    } finally {
      await server.close();
    }
  });
});

describe('command line', () => {
  /** What a subcommand, or an option, needs. */
  let needed: readonly Permission[];
  let places: Readonly<Record<'first-run' | 'locked', { readonly WARDMUX_HOME: string }>>;
  beforeAll(async () => {
    needed = [...new Set((await commandsFor([])).flatMap(({ needs }) => (typeof needs === 'string' ? [needs] : Object.values(needs))))];
    const { folder } = made.home;
    places = { 'first-run': { WARDMUX_HOME: join(folder, '../none') }, locked: { WARDMUX_HOME: folder } };
    expect(needed.length).toBeGreaterThan(20);
    expect(permissionNames).toEqual(expect.arrayContaining([...needed]));
  });

  test('before a command begins: what anybody may is let through in its states alone; what somebody has to be known for may do nothing yet', async () => {
    for (const needs of needed)
      for (const phase of ['first-run', 'locked'] as const) {
        const where = `${needs} ${phase}`;
        const asked = await passBefore(needs, places[phase]).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (anybody(needs)) expect(asked === undefined, where).toBe(may(needs, { phase }));
        else {
          expect(asked, where).toBeUndefined();
          expect(requireAsked, where).toThrow('before anybody is asked for it');
        }
      }
    expect(existsSync(places['first-run'].WARDMUX_HOME)).toBe(false);
  });

  test('once somebody is known: exactly who may, in each state; a denial is one event, and nothing can be done after it', async () => {
    for (const needs of needed.filter((name) => !anybody(name)))
      for (const standing of standings) {
        await passBefore(needs, places.locked);
        const entered: AuditEntry[] = [];
        const where = `${needs} ${JSON.stringify(standing)}`;
        const asked = await pass(standing, async (entry) => void entered.push(entry)).catch((error: unknown) => error);
        if (may(needs, standing)) {
          expect(entered, where).toEqual([]);
          expect(requireAsked, where).not.toThrow();
          continue;
        }
        expect(asked, where).toBeInstanceOf(Refusal);
        const person = standing.grant?.person;
        expect(entered, where).toEqual([
          { action: 'access.denied', ...(person === undefined ? {} : { person }), detail: { door: 'cli', needs, why: (asked as Refusal).code } },
        ]);
        checkEntry(entered[0]!);
        expect(requireAsked, where).toThrow('before anybody is asked for it');
      }
  });

  /** Nobody has to be known for it. */
  const anybody = (needs: Permission): boolean => permissions[needs].roles === 'anyone';
});
