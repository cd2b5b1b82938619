/** `wardmux init`: the first run without a window. */
import { homedir, hostname } from 'node:os';
import { resolve } from 'node:path';
import { homeFolder, openHome } from '../storage/index.ts';
import { mountedMedia } from '../disk/media.ts';
import { programFolderOrNone } from '../integrity/program.ts';
import { auditKeyPlace } from '../services/policy/audit-key.ts';
import { Refusal } from '../types/refusal.ts';
import { firstRun, refuseEarly, type FirstRunInput } from '../services/installation/first-run.ts';
import { DEFAULT_PRESET, presetNames, presets, type PresetName } from '../policy/index.ts';
import { askNewPassphrase } from './new-passphrase.ts';
import { PassphraseInputError, promptPassphrase, readPassphraseFd } from '../terminal/passphrase.ts';
import { sentenceOf } from '../types/sentence.ts';

export interface InitOptions {
  readonly name: string;
  /** Where it is left out: a removable medium, or the home folder. */
  readonly auditKeyOut?: string;
  /** Where it is left out, the terminal is asked. */
  readonly passphraseFd?: number;
  readonly json?: boolean;
  readonly replaceInstallation?: boolean;
  readonly secretStore?: 'file';
  /** What the policy begins with. */
  readonly preset?: PresetName;
}

export interface InitIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly talk: (text: string) => void;
  /** For tests: instead of /dev/tty, and other parts of the first run. */
  readonly prompt?: (question: string) => Promise<Buffer>;
  readonly parts?: Pick<FirstRunInput, 'chooseStore' | 'kdf' | 'workstation' | 'now'> & { readonly media?: () => readonly string[] };
}

/** Exit status: 0 done; 1 refused or failed, nothing overwritten; 2 the input was not usable; 130 cancelled. */
const initExit = { done: 0, failed: 1, input: 2, cancelled: 130 } as const;
/** Every recording names the class: where nobody has said what kind of place this is, what stands there is told. */
const presetLeftOut = `The class of this workstation is ${presets[DEFAULT_PRESET].class.value}, and every recording says so. Another kind of place is chosen with --preset (${presetNames.join(', ')}), or later in the policy.\n`;

/** Runs the command. Every refusal is one sentence on stderr; the result is on stdout. */
export async function runInit(options: InitOptions, io: InitIo): Promise<number> {
  let passphrase: Buffer | undefined;
  try {
    const home = openHome(homeFolder(io.env));
    // Before anybody is asked for anything.
    await refuseEarly(home, { ...options, ...(io.parts?.chooseStore ? { chooseStore: io.parts.chooseStore } : {}) });
    passphrase =
      options.passphraseFd === undefined
        ? await askNewPassphrase({ name: options.name, workstation: io.parts?.workstation ?? hostname() }, io.talk, {
            // Nothing stands open yet: whoever chooses takes the time that it takes.
            prompt: io.prompt ?? ((question) => promptPassphrase(question, Infinity)),
          })
        : await readPassphraseFd(options.passphraseFd);
    const place = options.auditKeyOut === undefined ? auditKeyPlace((io.parts?.media ?? mountedMedia)(), io.env['HOME'] || homedir(), hostname()) : undefined;
    const auditKeyPath = resolve(options.auditKeyOut ?? place!.path);
    if (place) io.talk(`${place.sentence}\n`);
    const { media: _, ...parts } = io.parts ?? {};
    const result = await firstRun({
      ...parts,
      home: home.folder,
      name: options.name,
      passphrase,
      auditKeyPath,
      replaceInstallation: options.replaceInstallation === true,
      program: programFolderOrNone(),
      ...(options.secretStore ? { secretStore: options.secretStore } : {}),
      ...(options.preset ? { preset: options.preset } : {}),
    });
    result.identity.destroy();
    const { installation, person, auditKid, policySha256, secretStore } = result;
    if (options.json) {
      const json = {
        home: home.folder,
        installation: installation.id,
        person: person.id,
        auditKey: { kid: auditKid, path: auditKeyPath },
        policySha256,
        secretStore: secretStore.name,
      };
      io.out(`${JSON.stringify(json)}\n`);
    } else {
      io.out(`installation\t${installation.id}\nperson\t${person.id}\naudit-key\t${auditKid}\t${auditKeyPath}\n`);
    }
    if (!options.preset) io.talk(presetLeftOut);
    if (secretStore.weaker) io.talk(`${secretStore.sentence}\n`);
    io.talk(`Move ${auditKeyPath} to a safe place off this workstation: whoever has it can read every recording, and without it nobody but you can.\n`);
    return initExit.done;
  } catch (error) {
    if (error instanceof PassphraseInputError) {
      io.talk(`wardmux init: ${error.message}\n`);
      return error.code === 'cancelled' || error.code === 'late' ? initExit.cancelled : initExit.input;
    }
    if (error instanceof Refusal) {
      io.talk(`wardmux init: ${error.message}\n`);
      return initExit.input;
    }
    io.talk(`wardmux init: ${sentenceOf(error)}\n`);
    return initExit.failed;
  } finally {
    passphrase?.fill(0);
  }
}
