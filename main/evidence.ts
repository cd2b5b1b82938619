/** Evidence: export and verification of recordings, for the page's requests. */
import { join } from 'node:path';
import { Refusal } from '../src/types/refusal.ts';
import type { Input, Output } from '../src/bridge/schema.ts';
import { trustText } from '../src/export/index.ts';
import type { AuditEntry } from '../src/ledger/events.ts';
import type { RecordingState } from '../src/ledger/rules.ts';
import type { Home } from '../src/storage/index.ts';
import type { GivenReasonWord } from '../src/types/words.ts';
import { goesOn } from '../src/records/index.ts';
import { exportRecording, type ExportFacts } from '../src/services/recordings/export.ts';
import { othersFault, othersLook, requireOthers } from '../src/services/recordings/export-others.ts';
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
  /** Of somebody else’s. @param asked its `keyFile` is an absolute path */
  readonly planOther: (asked: Input<'export.planOther'>) => Promise<Output<'export.plan'>>;
  /** @param path absolute. */
  readonly make: (asked: Omit<Input<'export.start'>, 'path'>, path: string) => Promise<Output<'export.start'>>;
  readonly verifyExport: (folder: string) => Promise<Output<'export.verify'>>;
  readonly verifyPane: (pane: number) => Promise<Output<'verify.pane'>>;
}

type Asked = Pick<Input<'export.plan'>, 'kinds' | 'fromUs' | 'toUs'>;
const factsOf = ({ kinds, fromUs, toUs }: Asked): Planned['facts'] => ({
  redaction: kinds ? 'chosen' : 'default',
  ...(fromUs !== undefined || toUs !== undefined ? { part: true } : {}),
});

/** What somebody plans to export, until it is made. */
interface Planned {
  readonly session: PersonSession;
  readonly ticket: number;
  readonly recording: string;
  /** Whose it is. */
  readonly of: string;
  /** Why somebody else’s is exported. */
  readonly reason?: GivenReasonWord;
  readonly facts: Pick<ExportFacts, 'redaction' | 'part'>;
}

export class Evidences implements Evidence {
  readonly #parts: EvidenceParts;
  #planned: Planned | undefined;

  constructor(parts: EvidenceParts) {
    this.#parts = parts;
  }

  readonly plan: Evidence['plan'] = async ({ pane, recording: named, ...asked }) => {
    const { gate, vaults, workspace } = this.#parts;
    const session = gate.requireSession();
    const { person } = session;
    const recording = named ?? (pane === undefined ? undefined : workspace.recording(pane));
    if (!recording) throw new Refusal('no-recording', 'This pane has no recording to export.');
    const { state, live } = await this.#exportable(asked, recording);
    if (state && state.person !== person.id)
      throw new Refusal('not-yours', 'This recording is somebody else’s. An auditor exports it from the list of recordings, with an audit key, for a reason.');
    const detail = { recording, key: 'owner', how: 'text', masked: true } as const;
    await this.#enterLook({ action: 'play', person: person.id, outcome: 'success', detail });
    const sizes = await vaults.require().ask('exportPlan', { ...asked, recording, live });
    this.#planned = { session, ticket: asked.ticket, recording, of: person.id, facts: factsOf(asked) };
    return { recording, ...sizes };
  };

  readonly planOther: Evidence['planOther'] = async ({ recording, reason, keyFile, ...asked }) => {
    const { gate, vaults, journal } = this.#parts;
    const session = gate.requireSession();
    const { person } = session;
    const fault = othersFault(asked.kinds, 0);
    if (fault !== undefined) throw new Refusal('too-little-withheld', fault);
    const { state, live } = await this.#exportable(asked, recording);
    if (!state?.person) throw new Refusal('no-recording', 'The ledger does not know this recording, so nobody can say whose it is. Nothing was exported.');
    requireOthers(recording, state, person.id);
    await this.#enterLook(othersLook(recording, person.id, reason));
    const sizes = await vaults
      .require()
      .ask('exportPlanOther', { ...asked, recording, live, reason, keyFile })
      .catch((error: unknown) => {
        // It stands there as a look: that nothing came of it does too.
        journal.log(othersLook(recording, person.id, reason, 'failure'));
        throw error;
      });
    this.#planned = { session, ticket: asked.ticket, recording, of: state.person, reason, facts: factsOf(asked) };
    return { recording, ...sizes };
  };

  /** What is there to be looked through, as the ledger has it. @throws Refusal */
  async #exportable({ fromUs, toUs }: Asked, recording: string): Promise<{ readonly state: RecordingState | undefined; readonly live: boolean }> {
    const { home, pty, installed } = this.#parts;
    if (fromUs !== undefined && toUs !== undefined && fromUs > toUs)
      throw new Refusal('bad-span', 'The span ends before it begins: nothing would be left. Nothing was exported.');
    this.#planned = undefined;
    // What the bundle proves has to be in the signed ledger first.
    await pty.checkpoint();
    const { ledger } = installed.require();
    const state = await ledger.recording(recording);
    if (state?.deleted) throw new Refusal('deleted', 'This recording was deleted. Nothing is exported.');
    await requireErasedAsSigned(home.recordings, ledger, recording);
    return { state, live: goesOn(join(home.recordings, recording), state) };
  }

  /** All of it is read for it, so it stands there as a look. @throws Refusal */
  async #enterLook(look: AuditEntry): Promise<void> {
    if (!(await this.#parts.journal.enter(look)))
      throw new Refusal('not-entered', 'The ledger does not take it that you look, so nothing is looked through. Free its disk, and try again.');
  }

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
          const isOurs = statement.recording === recording && statement.person === planned.of && statement.reason === (planned.reason ?? 'none');
          if (isOurs && isIn()) return;
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
