/**
 * The first run: installation, audit key, policy, first person. Shared by the setup page (in the vault host) and by
 * `wardmux init`. installation.json is written last: before it nothing is usable, after it everything is there.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { HEAD_SECRET, headsOf } from './open-ledger.ts';
import { baselineEntry, baselineRequest, keepList, lookAtProgram, type Program } from '../../integrity/baseline.ts';
import { certify, deedText } from '../../ledger/certificate.ts';
import type { AuditEntry } from '../../ledger/events.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { keepPolicy } from '../../policy/force.ts';
import { createPolicy, defaultPolicy } from '../../policy/policy.ts';
import type { PresetName } from '../../policy/presets.ts';
import { generateAuditKey } from '../../recording/wrap.ts';
import { createNew, readSmall, syncFolder } from '../../disk/atomic.ts';
import { StorageFault } from '../../disk/fault.ts';
import { storageFault } from '../../disk/errno.ts';
import { listFolder, openHome, type Home } from '../../storage/home.ts';
import { createInstallation, newInstallationId, type Installation } from '../../storage/installation.ts';
import { toJson } from '../../disk/json.ts';
import { withFileLock } from '../../disk/lock.ts';
import { chooseSecretStore, type SecretStore, type SecretStoreName } from '../../storage/secret-store.ts';
import { pinNew, pinnedBefore, type PinnedBefore } from '../../storage/identity-pin.ts';
import { createSigningKey, openSigner } from '../../storage/signer.ts';
import { Backoff, backoffPath } from '../../people/backoff.ts';
import { createBackoffKey } from '../../people/backoff-key.ts';
import type { OpenIdentity } from '../../people/identity.ts';
import { checkName, checkNewPassphrase } from '../../people/new-person.ts';
import { addPerson, createPerson, personPath } from '../../people/person.ts';
import { factsOf } from '../../people/pinned.ts';
import type { PersonRecord } from '../../people/types.ts';
import type { ScryptParameters } from '../../crypto/kdf.ts';
import type { Role } from '../../types/words.ts';

/**
 * What the first person may do. They are the only one there, so they work and administer: the honest mode of a place with one person (docs/roles.md). They
 * are no auditor, and give themselves nothing later on.
 */
const FIRST_ROLES: readonly Role[] = ['operator', 'security'];
/** Its events, in their order. */
const FIRST_RUN_EVENTS = ['first-run', 'person.keys', 'policy.change', 'person.roles', 'installation.pin', 'integrity.baseline'];
/** They have some 2,000 bytes. */
const FIRST_RUN_BYTES = 16 * 1024;

export interface FirstRunInput {
  /** The data folder. */
  readonly home: string;
  readonly name: string;
  /** UTF-8. The caller wipes it. */
  readonly passphrase: Uint8Array;
  /** Where the recovery file goes; there must be nothing yet. A relative path is taken from the present folder. */
  readonly auditKeyPath: string;
  readonly workstation?: string;
  /** What its policy begins with. */
  readonly preset?: PresetName;
  /** The person has said that the installation that this account knows in this folder is given up. */
  readonly replaceInstallation?: boolean;
  readonly now?: () => Date;
  /** Where the program lies: what its files are is signed for then. */
  readonly program?: string | undefined;
  /** Where the person has said that keys shall be in files. */
  readonly secretStore?: 'file';
  /** For tests: another choice of store, cheaper parameters. */
  readonly chooseStore?: (home: Home, installation: string) => Promise<{ store: SecretStore & { readonly name: SecretStoreName }; reason?: string }>;
  readonly kdf?: ScryptParameters;
}

export interface FirstRunResult {
  readonly home: Home;
  readonly installation: Installation;
  readonly person: PersonRecord;
  /** Open: the caller destroys it. */
  readonly identity: OpenIdentity;
  /** Absolute. */
  readonly auditKeyPath: string;
  readonly auditKid: string;
  readonly policySha256: string;
  readonly secretStore: { readonly name: SecretStoreName; readonly weaker: boolean; readonly sentence: string };
}

/** @throws StorageFault where the first run has been, or where what is there must not be touched. */
function refuseSecondRun(home: Home): void {
  if (existsSync(home.installation)) {
    throw new StorageFault(
      'already-initialised',
      home.installation,
      `Wardmux is already set up in ${home.folder}. Nothing was changed. Start the app, or choose another data folder with WARDMUX_HOME.`,
    );
  }
  const evidence = [home.recordings, home.ledger].find((folder) => listFolder(folder, '').length > 0 && !(folder === home.ledger && isUnfinished(folder)));
  if (evidence) {
    throw new StorageFault(
      'incomplete',
      home.installation,
      `${home.installation} is missing, but ${evidence} is not empty. Nothing was changed. Restore installation.json from a backup, or choose another data folder with WARDMUX_HOME.`,
    );
  }
}

/** What an interrupted first run left behind was never usable; it is set aside and not deleted. */
function setAside(home: Home, now: Date): void {
  const left = [
    ...(existsSync(home.policy) ? [home.policy] : []),
    ...[home.policies, home.people, home.ledger].flatMap((folder) => listFolder(folder, '').map((name) => join(folder, name))),
  ];
  if (left.length === 0) return;
  const folder = join(home.folder, `unfinished-${now.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15)}-${randomBytes(2).toString('hex')}`);
  try {
    mkdirSync(folder, { mode: 0o700 });
    for (const path of left) renameSync(path, join(folder, basename(path)));
    syncFolder(home.folder);
  } catch (error) {
    throw storageFault(error, 'set aside what an interrupted first run left in', home.folder);
  }
}

/** What the ledger says of the pin. */
interface PinWords {
  readonly how: 'first-run' | 'not-asked';
  readonly previous?: string;
}

/** What everything that comes is held against: the person's keys and the policy, certified by the installation. */
async function enterFirstRun(
  home: Home,
  installation: Installation,
  store: SecretStore,
  person: PersonRecord,
  sha256: string,
  auditKid: string,
  pin: PinWords | undefined,
  baseline: AuditEntry | undefined,
): Promise<void> {
  const signer = await openSigner(home, installation, store);
  const ledger = await Ledger.open({ folder: home.ledger, installation: installation.id, signer, outside: headsOf(home, installation, store) });
  const auditKeys = [auditKid];
  try {
    await Promise.all([
      ledger.append({ action: 'first-run', person: person.id, detail: { auditKeys, policySha256: sha256 } }),
      ledger.append({ action: 'person.keys', person: person.id, detail: { ...factsOf(person) } }),
      ledger.append({ action: 'policy.change', detail: { sha256, auditKeys, version: 1 } }),
      ledger.append({ action: 'person.roles', person: person.id, detail: { roles: FIRST_ROLES } }),
      ...(pin ? [ledger.append({ action: 'installation.pin', person: person.id, detail: { ...pin } })] : []),
      ...(baseline ? [ledger.append(baseline)] : []),
    ]);
    await ledger.checkpoint();
  } finally {
    await ledger.close();
  }
}

/** That the program's files are these, signed by the first person. Undefined where they cannot be looked at: the posture says so, and the first run goes on. */
async function firstBaseline(home: Home, installation: string, identity: OpenIdentity, folder: string | undefined): Promise<AuditEntry | undefined> {
  if (folder === undefined) return undefined;
  let program: Program;
  try {
    program = await lookAtProgram(folder);
    keepList(home, program);
  } catch {
    return undefined;
  }
  const { id } = identity.person;
  const request = baselineRequest(program, null, null);
  const text = deedText(installation, id, { deed: 'baseline', ...request });
  return baselineEntry(id, request, await certify(text, identity.person.signingKey, (bytes) => identity.sign(bytes)));
}

/** True for the ledger of a first run that did not come to its end: nothing but its own events are in it. */
function isUnfinished(folder: string): boolean {
  const path = join(folder, 'events.jsonl');
  if ((lstatSync(path, { throwIfNoEntry: false })?.size ?? 0) > FIRST_RUN_BYTES) return false;
  const lines = (readSmall(path) ?? Buffer.alloc(0)).toString('utf8').split('\n').filter(Boolean);
  return lines.length <= FIRST_RUN_EVENTS.length && lines.every((line) => FIRST_RUN_EVENTS.some((action) => line.includes(`"action":"${action}"`)));
}

/**
 * Does the first run, and enters it in the ledger.
 * @throws StorageFault or Refusal, each with a sentence; what this run had written is then removed again.
 */
export async function firstRun(input: FirstRunInput): Promise<FirstRunResult> {
  const home = openHome(input.home);
  refuseSecondRun(home);
  // The app and the command may start at the same moment.
  return withFileLock(join(home.run, 'first-run.lock'), 'A first run', () => lockedFirstRun(home, input));
}

function pinned(home: Home, id: string | undefined): StorageFault {
  return new StorageFault(
    'pinned',
    home.installation,
    `This account has had another installation in ${home.folder}${id === undefined ? '' : ` (${id})`}, which is not there any more: moved, deleted, or taken away by somebody. A new one has a new key and an empty ledger, and nobody will see here that the old one ever was. Nothing was changed. Restore the folder from a backup; or, where it is really given up, say so: wardmux init --name "Your Name" --replace-installation`,
  );
}

function unasked(home: Home, reason: string): StorageFault {
  return new StorageFault(
    'secret-store',
    home.installation,
    `Whether this account has had another installation in ${home.folder} cannot be asked. ${reason} A new one has a new key and an empty ledger, and nobody would see here that the old one ever was. Nothing was changed. Or, where whatever the keyring knows of this folder is given up, say so: wardmux init --name "Your Name" --secret-store file --replace-installation`,
  );
}

/** What is to be kept in mind of it. */
const notAsked = (id: string): string =>
  `The keyring could not be asked what it knows of this folder. Where it knows another installation, Wardmux refuses this one once the keyring is open, and says what to do: keep its id, ${id}.`;

type KeysChoice = Pick<FirstRunInput, 'replaceInstallation' | 'secretStore' | 'chooseStore'>;

/** Where the keys go, and what the account knows of the folder. @throws StorageFault where only the person can decide that, and has not */
async function settleKeys(
  home: Home,
  id: string,
  { replaceInstallation, secretStore, chooseStore = (at, of) => chooseSecretStore(at, of, process.env, secretStore) }: KeysChoice,
) {
  const before = await pinnedBefore(home);
  if (before.state === 'pinned' && !replaceInstallation) throw pinned(home, before.id);
  const chosen = await chooseStore(home, id);
  if (before.state === 'unasked' && !replaceInstallation) throw unasked(home, before.reason);
  return { before, ...chosen };
}

/** Says before anybody is asked for anything what would refuse the first run. @throws StorageFault */
export async function refuseEarly(home: Home, choice: KeysChoice): Promise<void> {
  refuseSecondRun(home);
  await settleKeys(home, newInstallationId(), choice);
}

/** Where the keyring can be asked it learns of every installation, also of one whose keys are in files: the pin of another would keep it from opening. */
function pinWords(before: PinnedBefore, store: SecretStoreName): PinWords | undefined {
  if (before.state === 'unasked' && store === 'file') return { how: 'not-asked' };
  if (before.state === 'absent' && store === 'file') return undefined;
  return { how: 'first-run', ...(before.state === 'pinned' && before.id !== undefined ? { previous: before.id } : {}) };
}

async function lockedFirstRun(home: Home, input: FirstRunInput): Promise<FirstRunResult> {
  const workstation = input.workstation ?? hostname();
  const name = checkName(input.name);
  const passphrase = await checkNewPassphrase(input.passphrase, name, workstation);
  const undo: (() => unknown)[] = [];
  try {
    refuseSecondRun(home);
    const auditKeyPath = resolve(input.auditKeyPath);
    if (existsSync(auditKeyPath)) {
      throw new StorageFault(
        'exists',
        auditKeyPath,
        `There is already something at ${auditKeyPath}. It was left as it is. Give another path for the audit key.`,
      );
    }
    if (!existsSync(dirname(auditKeyPath))) {
      throw new StorageFault(
        'missing',
        auditKeyPath,
        `The folder ${dirname(auditKeyPath)} does not exist. Make it first, or give another path for the audit key.`,
      );
    }
    const id = newInstallationId();
    const { before, store, reason } = await settleKeys(home, id, input);
    const now = input.now?.() ?? new Date();
    setAside(home, now);

    undo.push(() => store.delete('signing-key'));
    const halves = await createSigningKey(store);
    undo.push(() => store.delete('backoff-key'));
    const backoffKey = await createBackoffKey(store);

    const audit = generateAuditKey();
    createNew(auditKeyPath, toJson(audit.file));
    undo.push(() => rmSync(auditKeyPath));
    const policy = createPolicy(home, defaultPolicy([{ label: 'Audit key of the first run', jwk: audit.recipient.jwk }], workstation, input.preset));
    undo.push(() => rmSync(home.policy));
    const policySha256 = keepPolicy(home, policy);
    undo.push(() => rmSync(home.policies, { recursive: true }));

    const { record, identity } = await createPerson({
      name,
      passphrase,
      now: now.toISOString(),
      roles: FIRST_ROLES,
      ...(input.kdf ? { kdf: input.kdf } : {}),
    });
    undo.push(() => identity.destroy());
    undo.push(() => rmSync(backoffPath(home, record.id), { force: true }));
    new Backoff(home, backoffKey).create(record.id);
    backoffKey.fill(0);
    addPerson(home, record);
    undo.push(() => rmSync(personPath(home, record.id)));

    const installation: Installation = {
      format: 'wardmux-installation',
      version: 1,
      id,
      created: now.toISOString(),
      ...halves,
      secretStore: store.name,
    };
    undo.push(() => store.delete(HEAD_SECRET));
    undo.push(() => {
      for (const name of listFolder(home.ledger, '')) rmSync(join(home.ledger, name));
    });
    const pin = pinWords(before, store.name);
    undo.push(() => {
      for (const name of listFolder(home.baselines, '')) rmSync(join(home.baselines, name));
    });
    const baseline = await firstBaseline(home, id, identity, input.program);
    await enterFirstRun(home, installation, store, record, policySha256, audit.recipient.kid, pin, baseline);
    if (pin?.how === 'first-run') undo.push(await pinNew(home, installation));
    createInstallation(home, installation);
    undo.length = 0;
    return {
      home,
      installation,
      person: record,
      identity,
      auditKeyPath,
      auditKid: audit.recipient.kid,
      policySha256,
      secretStore: {
        name: store.name,
        weaker: store.weaker,
        sentence: `${store.sentence}${reason ? ` (${reason})` : ''}${pin?.how === 'not-asked' ? ` ${notAsked(id)}` : ''}`,
      },
    };
  } catch (error) {
    for (const step of undo.reverse()) {
      try {
        await step();
      } catch {
        // What cannot be removed is set aside by the next first run; the first error is the one to tell.
      }
    }
    throw error;
  } finally {
    passphrase.fill(0);
  }
}
