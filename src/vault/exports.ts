/**
 * An export that somebody plans in the window: the recording is looked through once, the page is told of what was found, and what was planned is made. Loaded when
 * somebody exports: it has an emulator. The lock kills the process, and with it what was planned.
 */
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { printToPdf } from '../browser/print.ts';
import { writeDerived } from '../export/derived.ts';
import type { Disclosure, Released } from '../export/disclosure.ts';
import { previewOf } from '../export/preview.ts';
import { memoryFolder, sealFolders, sealingKey } from '../export/sealed.ts';
import { refuseExisting } from '../export/target.ts';
import { p256SshKey, planDisclosure, requireTrust, writeBundle, type BundleStatement } from '../export/index.ts';
import { installationNoteKey } from '../ledger/index.ts';
import type { OpenIdentity } from '../people/identity.ts';
import type { Recipient, SegmentOpener } from '../recording/types.ts';
import { AuditKeyOpener } from '../recording/wrap.ts';
import { RECOGNISERS_VERSION, standardKinds, type Kind } from '../redaction/index.ts';
import { checkWords, keepDisclosure } from '../services/recordings/disclosures.ts';
import { othersFault } from '../services/recordings/export-others.ts';
import type { Home } from '../storage/home.ts';
import { requireInstallation } from '../storage/installation.ts';
import { Refusal } from '../types/refusal.ts';
import type { GivenReasonWord } from '../types/words.ts';
import { tellPage } from './page-frames.ts';
import { recordingFolder } from './recording-folder.ts';
import type { VaultInput, VaultOutput } from './service.ts';

/** What the page has sealed for this process. */
const words = z.strictObject({
  purpose: z.string(),
  recipient: z.string(),
  released: z.array(z.tuple([z.string().max(40), z.string().max(1000)])).max(1000),
});

interface Plan {
  readonly ticket: number;
  readonly recording: string;
  readonly live: boolean;
  readonly disclosure: Disclosure;
  /** Of somebody else’s: why, and where the audit key lies that opens it. The key itself is not kept. */
  readonly others: { readonly reason: GivenReasonWord; readonly keyFile: string } | undefined;
  /** What it is for has been said and kept. */
  readonly said?: true;
}

export class Exports {
  readonly #home: Home;
  readonly #version: string;
  readonly #send: (frame: Uint8Array) => Promise<void>;
  #plan: Plan | undefined;

  /** @param send seals a frame for the page. */
  constructor(home: Home, version: string, send: (frame: Uint8Array) => Promise<void>) {
    this.#home = home;
    this.#version = version;
    this.#send = send;
  }

  /** Nobody is in any more. */
  forget(): void {
    this.#plan = undefined;
  }

  plan(identity: OpenIdentity, asked: VaultInput<'exportPlan'>): Promise<VaultOutput<'exportPlan'>> {
    return this.#look(asked, identity, undefined);
  }

  /** Of somebody else’s. The audit key is read for this look, and forgotten with it. @throws Refusal, RecordingError */
  async planOther({ reason, keyFile, ...asked }: VaultInput<'exportPlanOther'>): Promise<VaultOutput<'exportPlan'>> {
    requireWithheld(asked.kinds, 0);
    return this.#look(asked, await AuditKeyOpener.fromFile(keyFile), { reason, keyFile });
  }

  async #look(
    { ticket, recording, live, kinds, fromUs, toUs }: VaultInput<'exportPlan'>,
    opener: SegmentOpener,
    others: Plan['others'],
  ): Promise<VaultOutput<'exportPlan'>> {
    this.#plan = undefined;
    const source = { folder: recordingFolder(this.#home, recording), opener, live };
    const disclosure = await planDisclosure(source, { kinds: kinds ?? standardKinds, fromUs, toUs });
    const { places, found, ...sizes } = await previewOf(source, disclosure);
    await tellPage(this.#send, ticket, { kind: 'places', found, places });
    this.#plan = { ticket, recording, live, disclosure, others };
    return { ...sizes, recognisers: RECOGNISERS_VERSION };
  }

  /** @param sealed what the page has sent; wiped by whoever took it. @throws Refusal, ExportError: then nothing is kept */
  async words(
    { plan: ticket, recipients, keyFile }: Omit<VaultInput<'exportWords'>, 'recipients'> & { readonly recipients: readonly Recipient[] },
    sealed: Uint8Array | undefined,
  ): Promise<VaultOutput<'exportWords'>> {
    const plan = this.#require(ticket);
    const said = sealed && readWords(sealed);
    if (!said) throw new Refusal('bad-words', 'What the export is for has not come. Nothing was exported: begin it again.');
    const checked = checkWords({ purpose: said.purpose, recipient: said.recipient });
    const key = keyFile === undefined ? undefined : sealingKey(keyFile);
    const released: Released = new Map(said.released);
    if (plan.others) requireWithheld(plan.disclosure.asked.kinds, released.size);
    const disclosure = plan.disclosure.release(released);
    const digest = await keepDisclosure(this.#home, plan.recording, checked, recipients);
    this.#plan = { ...plan, disclosure, said: true };
    return { words: digest, ...(key ? { sealedTo: key.kid } : {}) };
  }

  /** Makes it. @param attest asks for the installation's signature. @throws Refusal, ExportError: then nothing of it is left */
  async make(
    identity: OpenIdentity,
    { plan: ticket, form, path, keyFile, verdict, memory, checkpoint, trust }: VaultInput<'export'>,
    attest: (statement: BundleStatement) => Promise<string>,
  ): Promise<VaultOutput<'export'>> {
    const { recording, live, disclosure, others, said } = this.#require(ticket);
    if (!said) throw new Refusal('bad-words', 'What the export is for has not been said. Nothing was exported.');
    // What it was said of is made once.
    this.#plan = undefined;
    const home = this.#home;
    const person = { id: identity.person.id, signer: { publicKey: p256SshKey(identity.person.signingKey), sign: (bytes: Uint8Array) => identity.sign(bytes) } };
    const folder = recordingFolder(home, recording);
    const opener = others ? await AuditKeyOpener.fromFile(others.keyFile) : identity;
    const common = { opener, person, notes: home.run, version: this.#version, live };
    // Here, and not in main, which never has what a recording holds in the clear.
    const print = (html: string): Promise<Uint8Array> => printToPdf(html, process.env);
    if (form !== 'evidence' && form !== 'sealed') {
      const { file, records, sha256, redaction } = await writeDerived({ ...common, folder, form, disclosure, verdict, target: path, print });
      return { path: file, records, sha256, redaction };
    }
    const key = form === 'sealed' ? sealingKey(keyFile ?? '') : undefined;
    if (key) refuseExisting(path);
    const target = key ? join(memoryFolder([memory ?? undefined, '/dev/shm']), `wardmux-export-${randomBytes(8).toString('hex')}`) : path;
    const installation = requireInstallation(home);
    const made = await writeBundle({
      ...common,
      ...(others ? { reason: others.reason } : {}),
      recordingFolder: folder,
      ledger: { folder: home.ledger, key: installationNoteKey(installation) },
      checkpoint,
      sign: attest,
      trust: requireTrust(trust),
      target,
      disclosure,
      handOn: key && ((folders) => sealFolders(folders, key, path)),
    });
    const { records, sha256, redaction } = made;
    // Sealed, the list is in the same file.
    return { path: key ? path : made.folder, records, sha256, redaction: { ...redaction!, folder: key ? dirname(path) : redaction!.folder } };
  }

  #require(ticket: number): Plan {
    const plan = this.#plan;
    if (plan?.ticket !== ticket) throw new Refusal('no-plan', 'Nothing is planned here any more. Nothing was exported: begin it again.');
    return plan;
  }
}

/** @throws Refusal */
function requireWithheld(kinds: readonly Kind[] | undefined, released: number): void {
  const fault = othersFault(kinds, released);
  if (fault !== undefined) throw new Refusal('too-little-withheld', fault);
}

function readWords(sealed: Uint8Array): z.infer<typeof words> | undefined {
  try {
    return words.parse(JSON.parse(Buffer.from(sealed).toString('utf8')));
  } catch {
    return undefined;
  }
}
