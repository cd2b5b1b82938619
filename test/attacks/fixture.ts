/** A small installation with one person, a ledger, two recordings and their bundles; and verify.py beside verify.ts. */
import { operatorAccess } from '../../src/recording/access.ts';
import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyBundle } from '../../src/export/verify.ts';
import { digestOfFile } from '../../src/export/verify/files.ts';
import type { BundleVerdict } from '../../src/export/verify/verdict.ts';
import { writeBundle } from '../../src/export/bundle.ts';
import { planDisclosure, type DisclosureAsked } from '../../src/export/disclosure.ts';
import { exportRecording } from '../../src/services/recordings/export.ts';
import { version } from '../../src/version.ts';
import { BUNDLE, SUMMED_FILES } from '../../src/export/bundle-files.ts';
import { EXPORT_NAMESPACE, p256SshKey, signAsInstallation, sshSign, type SshSigner } from '../../src/crypto/sshsig.ts';
import { verifierSha256 } from '../../src/export/verifier.ts';
import { makeTrust, sshThumbprint, trustText, type Trust } from '../../src/export/trust.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { noticeEntry } from '../../src/ledger/notice.ts';
import type { InstallationSigner } from '../../src/crypto/signer.ts';
import type { Recipient, RecordingNotice } from '../../src/recording/types.ts';
import { encodeSnapshot } from '../../src/recording/tail.ts';
import { MLDSA44, openMldsa44 } from '../../src/crypto/mldsa.ts';
import { AuditKeyOpener, generateAuditKey } from '../../src/recording/wrap.ts';
import type { RecordingOptions } from '../../src/recording/options.ts';
import { RecordingWriter } from '../../src/recording/writer.ts';

export const PERSON = 'p-00000000000a';
/** Digest of the policy in force. */
export const POLICY = 'ab'.repeat(32);
export const root = join(import.meta.dirname, '../..');
export const verifier = join(root, 'assets/verify.py');

export interface Keys {
  readonly installation: InstallationSigner;
  readonly person: SshSigner;
  readonly personJwk: { x: string; y: string };
  /** What the person's recordings are sealed to. */
  readonly owner: Recipient;
}

export function makeKeys(installation = 'w-0123456789ab'): Keys {
  const ed = generateKeyPairSync('ed25519');
  const publicKey = Buffer.from(ed.publicKey.export({ format: 'jwk' }).x!, 'base64url');
  const second = openMldsa44(randomBytes(MLDSA44.seed));
  const signEd = async (bytes: Uint8Array) => sign(null, bytes, ed.privateKey);
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const personJwk = ec.publicKey.export({ format: 'jwk' }) as { x: string; y: string };
  return {
    installation: { installation, publicKey, sign: signEd, second: { publicKey: second.publicKey, sign: async (bytes) => second.sign(bytes) } },
    person: { publicKey: p256SshKey(personJwk), sign: async (bytes) => sign('sha256', bytes, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }) },
    personJwk,
    owner: { ...generateAuditKey().recipient, role: 'owner' },
  };
}

export class Site {
  readonly folder = mkdtempSync(join(tmpdir(), 'wardmux-attacks-'));
  readonly recordings = join(this.folder, 'recordings');
  /** Where exports under way are noted. */
  readonly notes = join(this.folder, 'run');
  readonly keys = makeKeys();
  readonly audit = generateAuditKey();
  readonly trustFile = join(this.folder, 'trust.json');
  readonly trust: Trust;
  ledger!: Ledger;
  #copies = 0;

  constructor() {
    mkdirSync(this.recordings);
    mkdirSync(this.notes);
    this.trust = makeTrust({
      installation: this.keys.installation.installation,
      keys: [{ publicKey: this.keys.installation.publicKey, second: this.keys.installation.second?.publicKey }],
      persons: [{ id: PERSON, name: 'Ada Example', signingKey: this.keys.personJwk, encryptionKey: this.keys.owner.jwk }],
      auditKeys: [{ label: 'audit', jwk: this.audit.recipient.jwk, inForce: [{ from: 0, to: null }] }],
      verifierSha256: verifierSha256(),
    });
    writeFileSync(this.trustFile, trustText(this.trust));
  }

  static async create(): Promise<Site> {
    const site = new Site();
    const { installation } = site.keys;
    site.ledger = await Ledger.open({ folder: join(site.folder, 'ledger'), installation: installation.installation, signer: installation });
    await site.ledger.append({
      action: 'person.keys',
      person: PERSON,
      detail: { encryptionKey: site.keys.owner.kid, signingKey: sshThumbprint(site.trust.persons[0]!.ssh), record: POLICY, slots: POLICY },
    });
    await site.ledger.append({ action: 'policy.change', detail: { sha256: POLICY, auditKeys: [site.audit.file.kid] } });
    return site;
  }

  recordingOptions(): Omit<RecordingOptions, 'notice'> {
    return {
      folder: this.recordings,
      installation: this.keys.installation.installation,
      person: PERSON,
      access: operatorAccess('it-office'),
      policySha256: POLICY,
      recipients: [this.keys.owner, this.audit.recipient],
      start: { command: ['/bin/sh'], cwd: '/', cols: 100, rows: 30, term: 'xterm-256color', version: '0.1.0' },
      rotate: { minutes: 60, mebibytes: 64 },
    };
  }

  /** Records what `use` prints; returns the recording's id. */
  async record(use: (writer: RecordingWriter) => Promise<void> | void, end = true): Promise<string> {
    const pending: Promise<unknown>[] = [];
    const notice = (notice: RecordingNotice): void => void pending.push(this.ledger.append(noticeEntry(notice)));
    const writer = await RecordingWriter.create({ ...this.recordingOptions(), notice });
    await use(writer);
    const head = await writer.checkpoint();
    if (head) notice({ kind: 'heads', heads: [{ recording: writer.id, head }] });
    if (end) await writer.end('exit', { code: 0, signal: 0 });
    else await writer.sync();
    await Promise.all(pending);
    return writer.id;
  }

  /** @param asked what is looked for and withheld, and the span; nothing and all of it unless given. */
  async export(
    recording: string,
    target: string,
    {
      live = false,
      notes = this.notes,
      signer = this.keys.installation,
      asked,
    }: { live?: boolean; notes?: string; signer?: InstallationSigner; asked?: DisclosureAsked } = {},
  ) {
    const { ledger, trust } = this;
    const recordingFolder = join(this.recordings, recording);
    const opener = AuditKeyOpener.fromJson(this.audit.file);
    const disclosure = asked && (await planDisclosure({ folder: recordingFolder, opener, live }, asked));
    return exportRecording(
      { ledger, signer },
      {
        recording,
        person: PERSON,
        trust,
        facts: { redaction: asked ? 'chosen' : 'none' },
        enter: (entry) => ledger.append(entry),
        write: (given) =>
          writeBundle({
            ...given,
            recordingFolder,
            opener,
            ledger,
            person: { id: PERSON, signer: this.keys.person },
            target,
            notes,
            version,
            live,
            disclosure,
          }),
      },
    );
  }

  /** A copy of a bundle, to spoil. */
  copy(bundle: string): string {
    const copy = join(this.folder, `copy-${this.#copies++}`);
    cpSync(bundle, copy, { recursive: true });
    return copy;
  }

  judge(bundle: string, trust = this.trustFile): BundleVerdict {
    return verifyBundle(bundle, readFileSync(trust, 'utf8'));
  }

  async dispose(): Promise<void> {
    await this.ledger.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A session with everything in it: lines, invalid UTF-8, a character cut in two, resize, lock, rotation, a snapshot. */
export async function session(writer: RecordingWriter): Promise<void> {
  writer.output(Buffer.from('$ psql ward\r\nname: Jane Doe\r\n'));
  writer.output(Buffer.from([0x68, 0xff, 0xfe, 0x0a, 0xe2, 0x82]));
  writer.output(Buffer.from([0xac, 0x20, 0xf0, 0x80, 0x80, 0x1b, 0x5b, 0x6d, 0x00, 0x7f, 0x0a]));
  writer.event('r', '120x40');
  writer.event('n', encodeSnapshot({ outputOffset: writer.outputBytes, cols: 120, rows: 40 }, Buffer.from('screen')));
  writer.event('l', '{"cause":"idle"}');
  writer.rotate();
  writer.output(Buffer.from('while locked \u2028 "quoted" \\ \b\f\n'));
  writer.event('u', `{"person":"${PERSON}","method":"passphrase","role":"operator","reason":"none","breakGlass":null}`);
  writer.event('m', 'a marker');
  for (let i = 0; i < 12; i++) writer.output(Buffer.from(`line ${i}\r\n`));
  writer.output(Buffer.from([0xf0, 0x9f, 0x98]));
}

/** Judges many bundles with verify.py in one process. @param trust the file of all of them, or one for each. */
export function judgeInPython(
  bundles: readonly string[],
  trust: string | readonly string[],
  options: { readonly env?: Record<string, string>; readonly timeout?: number } = {},
): BundleVerdict[] {
  const script = `
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location('verify', sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
for line in sys.stdin.read().splitlines():
    print(json.dumps(module.judge(*line.split('\\t'))))
`;
  const run = spawnSync('python3', ['-B', '-c', script, verifier], {
    input: bundles.map((bundle, i) => `${bundle}\t${typeof trust === 'string' ? trust : trust[i]}`).join('\n'),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, ...options.env },
    timeout: options.timeout,
  });
  if (run.status !== 0) throw new Error(run.error?.message ?? run.stderr);
  return run.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as BundleVerdict);
}

/** Makes sums and signatures new, as somebody with these keys could. */
export async function resign(bundle: string, installation: InstallationSigner, person: SshSigner): Promise<void> {
  const sums = Buffer.from(SUMMED_FILES.map((name) => `${digestOfFile(join(bundle, name)).toString('hex')}  ${name}\n`).join(''));
  writeFileSync(join(bundle, BUNDLE.sums), sums);
  writeFileSync(join(bundle, BUNDLE.installationSignature), await signAsInstallation(sums, installation, EXPORT_NAMESPACE));
  writeFileSync(join(bundle, BUNDLE.personSignature), await sshSign(sums, person, EXPORT_NAMESPACE));
}

export function editLines(path: string, change: (lines: string[]) => string[]): void {
  writeFileSync(
    path,
    change(readFileSync(path, 'utf8').trimEnd().split('\n'))
      .map((line) => `${line}\n`)
      .join(''),
  );
}

export function run(command: string, args: readonly string[], options: { cwd?: string; input?: Buffer } = {}): string {
  return execFileSync(command, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] }).toString();
}
