/** Evidence: export and verification of recordings, for the page's requests. */
import { join } from 'node:path';
import { Refusal } from '../src/types/refusal.ts';
import type { Input, Output } from '../src/bridge/schema.ts';
import { trustText } from '../src/export/index.ts';
import type { Home } from '../src/storage/index.ts';
import { goesOn } from '../src/records/index.ts';
import { exportRecording, type ExportFacts } from '../src/services/recordings/export.ts';
import { recipientsOf } from '../src/services/recordings/start.ts';
import { requireErasedAsSigned } from '../src/services/recordings/erased.ts';
import { verifyRecording } from '../src/services/recordings/verify.ts';
import { installationTrust } from '../src/services/installation/trust.ts';
import type { Gate } from './gate.ts';
import type { PersonSession } from './person-session.ts';
import type { InstalledHolder } from './installed.ts';
import type { Journal } from './journal.ts';
import type { PtyClient } from './processes/pty-client.ts';
import type { VaultKeeper } from './processes/vault-keeper.ts';
import type { Workspaces } from './workspace/workspaces.ts';

export interface EvidenceParts {
  readonly home: Home;
  readonly gate: Gate;
  readonly vaults: VaultKeeper;
  readonly pty: PtyClient;
  readonly workspace: Workspaces;
  readonly installed: InstalledHolder;
  readonly journal: Journal;
  /** A folder in memory, where there is one. */
  readonly memory?: string | undefined;
}

/** What the page's requests ask for. */
export interface Evidence {
  readonly plan: (asked: Input<'export.plan'>) => Promise<Output<'export.plan'>>;
  /** @param path absolute. */
  readonly make: (asked: Omit<Input<'export.start'>, 'path'>, path: string) => Promise<Output<'export.start'>>;
  readonly verifyExport: (folder: string) => Promise<Output<'export.verify'>>;
  readonly verifyPane: (pane: number) => Promise<Output<'verify.pane'>>;
}

/** What somebody plans to export, until it is made. */
interface Planned {
  readonly session: PersonSession;
  readonly ticket: number;
  readonly recording: string;
  readonly facts: Pick<ExportFacts, 'redaction' | 'part'>;
}

export class Evidences implements Evidence {
  readonly #parts: EvidenceParts;
  #planned: Planned | undefined;

  constructor(parts: EvidenceParts) {
    this.#parts = parts;
  }

  readonly plan: Evidence['plan'] = async ({ ticket, pane, recording: named, kinds, fromUs, toUs }) => {
    const { home, gate, vaults, pty, workspace, installed, journal } = this.#parts;
    const session = gate.requireSession();
    const { person } = session;
    const recording = named ?? (pane === undefined ? undefined : workspace.recording(pane));
    if (!recording) throw new Refusal('no-recording', 'This pane has no recording to export.');
    if (fromUs !== undefined && toUs !== undefined && fromUs > toUs)
      throw new Refusal('bad-span', 'The span ends before it begins: nothing would be left. Nothing was exported.');
    this.#planned = undefined;
    // What the bundle proves has to be in the signed ledger first.
    await pty.checkpoint();
    const state = await installed.require().ledger.recording(recording);
    if (state && state.person !== person.id) throw new Refusal('not-yours', 'This recording is somebody else’s. Whoever it is sealed to exports it.');
    if (state?.deleted) throw new Refusal('deleted', 'This recording was deleted. Nothing is exported.');
    await requireErasedAsSigned(home.recordings, installed.require().ledger, recording);
    // All of it is read for it, so it stands there as a look.
    const look = { action: 'play', person: person.id, outcome: 'success', detail: { recording, key: 'owner', how: 'text', masked: true } } as const;
    if (!(await journal.enter(look)))
      throw new Refusal('not-entered', 'The ledger does not take it that you look, so nothing is looked through. Free its disk, and try again.');
    const live = goesOn(join(home.recordings, recording), state);
    const sizes = await vaults.require().ask('exportPlan', { ticket, recording, live, kinds, fromUs, toUs });
    const part = fromUs !== undefined || toUs !== undefined;
    this.#planned = { session, ticket, recording, facts: { redaction: kinds ? 'chosen' : 'default', ...(part ? { part } : {}) } };
    return { recording, ...sizes };
  };

  /**
   * The vault host opens the recording and writes the export; the installation signs here, for what it composes itself from
   * named facts: of this recording, for this person, to our own checkpoint, and only while they are still in.
   */
  readonly make: Evidence['make'] = async ({ ticket, form, keyFile }, path) => {
    const { home, gate, vaults, pty, installed, journal, memory } = this.#parts;
    const { person } = gate.requireSession();
    const planned = this.#planned;
    if (planned?.ticket !== ticket || planned.session !== gate.session)
      throw new Refusal('no-plan', 'Nothing is planned here any more. Nothing was exported: begin it again.');
    const { recording } = planned;
    const { installation, signer, ledger, policy } = installed.require();
    await pty.checkpoint();
    const isDerived = form !== 'evidence' && form !== 'sealed';
    const { good, sentence: verdict } = isDerived ? await verifyRecording(home, ledger, recording) : { good: true, sentence: '' };
    if (!good) throw new Refusal('not-verified', `Nothing was exported: ${verdict}`);
    const recipients = recipientsOf(person, policy);
    const { words, sealedTo } = await vaults.require().ask('exportWords', { plan: ticket, recipients, keyFile });
    this.#planned = undefined;
    const isIn = (): boolean => gate.session?.person === person;
    const made = await exportRecording(
      { ledger, signer },
      {
        recording,
        person: person.id,
        trust: installationTrust(home, installation, ledger.facts),
        facts: { ...planned.facts, ...(isDerived ? { form } : {}), ...(sealedTo === undefined ? {} : { sealedTo }), words },
        write: ({ checkpoint, trust, sign }) =>
          vaults.require().export({ plan: ticket, form, path, keyFile, verdict, memory: memory ?? null, checkpoint, trust: trustText(trust) }, sign),
        enter: (entry) => journal.enter(entry),
        check: (statement) => {
          if (statement.recording === recording && statement.person === person.id && isIn()) return;
          journal.refusals.badMessage('vault-host');
          throw new Refusal('not-signed', 'Nothing was signed.');
        },
        // A lock in the middle of it has its own event, when what was left of the export is removed.
        tellsFailure: () => gate.session !== undefined,
      },
    );
    const { redaction, records, sha256 } = made;
    return { path: made.path, records, sha256, withheld: redaction.withheld, released: redaction.released, list: redaction.folder };
  };

  /** The vault host judges the bundle, for it may be large: main has a lease to renew. */
  readonly verifyExport: Evidence['verifyExport'] = async (folder) => {
    const { home, vaults, installed } = this.#parts;
    const { installation, ledger } = installed.require();
    const trust = trustText(installationTrust(home, installation, ledger.facts));
    const { good, sentence, notes } = await vaults.require().ask('judge', { folder, trust });
    return { good, sentence, notes };
  };

  readonly verifyPane: Evidence['verifyPane'] = async (pane) => {
    const { home, gate, pty, workspace, installed, journal } = this.#parts;
    const { person } = gate.requireSession();
    const recording = workspace.recording(pane);
    if (!recording || !installed.current) throw new Refusal('no-recording', 'This pane has no recording to verify.');
    await pty.checkpoint();
    const { good, code, sentence } = await verifyRecording(home, installed.current.ledger, recording);
    journal.log({ action: 'verify', person: person.id, outcome: good ? 'success' : 'failure', detail: { target: 'recording', recording, code } });
    return { good, sentence };
  };
}
