/**
 * Where this installation is weaker than the strict profile: one row each, with the safeguard that it weakens, and what to do.
 * Pure. A row that says nothing is as strict as it can be; that no row says anything shows no more than that.
 */
import { DRILL_DAYS, REVIEW_HOURS } from '../break-glass/index.ts';
import { sessionClasses } from '../policy/classes.ts';
import { presetValues, weakerThanPreset } from '../policy/presets.ts';
import type { Safeguard } from '../types/safeguards.ts';
import type { PolicyFieldName } from '../types/words.ts';
import type { PostureFacts } from './facts.ts';
import { HOUR_MS } from '../types/units.ts';

/**
 * `stop`: somebody has to do something about it now. `weaker`: than the strict profile; it may be so on purpose. `unseen`: nobody can tell from here.
 */
export const levels = ['stop', 'weaker', 'unseen'] as const;
export type Level = (typeof levels)[number];

/** What was seen, where that is weaker. */
interface Seen {
  readonly level: Level;
  /** What is in force, for people. */
  readonly value: string;
}

interface RowOf {
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly safeguard: Safeguard;
  /** What the strict profile has. */
  readonly strict: string;
  /** What to do: a sentence or two. */
  readonly advice: string;
  readonly look: (facts: PostureFacts) => Seen | undefined;
}

const stop = (value: string): Seen => ({ level: 'stop', value });
const weaker = (value: string): Seen => ({ level: 'weaker', value });
const unseen = (value: string): Seen => ({ level: 'unseen', value });

/** Of the strict profile what is no field of a preset: the room that a first run keeps free, a day between two self-tests and between two revocation lists, two days between two looks at the program. */
const STRICT = { reserveMebibytes: 512, selfTestHours: 24, listHours: 24, filesHours: 48 } as const;

const ids = (people: readonly { readonly id: string }[]): string => people.map(({ id }) => id).join(', ');

const strictValues = new Map(presetValues('strict').map(([field, value]) => [field, value]));
const valueText = (value: unknown): string => (value === undefined ? 'not set' : String(value));

/** A field of the policy that the preset `strict` has a value for. */
function setting(field: PolicyFieldName, title: string, safeguard: Safeguard): RowOf {
  return {
    name: field,
    title,
    safeguard,
    strict: valueText(strictValues.get(field)),
    advice: `Set ${field} in a copy of policy.json, and take it into force: wardmux policy apply FILE. Or keep it on purpose, and say why in your risk analysis.`,
    look: ({ policy }) => {
      const found = weakerThanPreset(policy, 'strict').find((one) => one.field === field);
      return found && weaker(valueText(found.value));
    },
  };
}

const rows: readonly RowOf[] = [
  {
    name: 'changed-record',
    title: 'Records of the people here',
    safeguard: 'integrity',
    strict: 'each is as the ledger has it',
    advice:
      'Somebody else has written there, or the disk has. See what is wrong with each (wardmux person list), restore it from a backup, and tell whoever audits this workstation.',
    look: ({ people }) => {
      const changed = people.filter((one) => one.changed);
      return changed.length === 0 ? undefined : stop(`not so: ${ids(changed)}; they cannot come in`);
    },
  },
  {
    name: 'one-person',
    title: 'A site of one person',
    safeguard: 'access-authorization',
    strict: 'who decides about rights, and who reviews what was done, are two people',
    advice:
      'Enrol a second person for reviews: wardmux person add. Until there is one, have somebody outside countersign: hand them wardmux report access and wardmux report people each month, and keep what they signed.',
    look: ({ people }) =>
      people.length === 1
        ? stop(`${people[0]!.id} alone holds every role here: nobody else approves, and nobody else reviews what this person does`)
        : undefined,
  },
  {
    name: 'one-decides',
    title: 'Two people for roles and weaker policies',
    safeguard: 'access-authorization',
    strict: 'two security admins, who both sign',
    advice:
      'Give the role of security admin to a second person: wardmux person roles ID --role security. From then on a role and a weaker policy take both. Whoever got it from one who was left alone counts as that one for 90 days, or until two others give it to them once more. Meanwhile have somebody outside countersign wardmux report access each week.',
    look: ({ people, waits }) => {
      if (waits !== undefined) return stop(`whoever could be the second was put out: until ${waits} nobody gives a role but operator, or weakens the policy`);
      const deciding = people.filter(({ roles }) => roles.includes('security'));
      const made = deciding.flatMap(({ id, hand }) =>
        hand === undefined ? [] : `${id} was made a security admin by ${hand} alone, and counts as the same person`,
      );
      if (new Set(deciding.map(({ id, hand }) => hand ?? id)).size > 1) return made.length > 0 ? weaker(made.join('; ')) : undefined;
      const first = deciding.find(({ hand }) => hand === undefined) ?? deciding[0];
      if (people.length < 2 || !first) return undefined;
      return stop([`one person, ${first.id}, decides alone who gets a role and whether a weaker policy comes into force`, ...made].join('; '));
    },
  },
  {
    name: 'no-reviewer',
    title: 'Reviews by somebody else',
    safeguard: 'activity-review',
    strict: 'an auditor who is nobody else here',
    advice:
      'Give the role of auditor to somebody who holds no other one. Who got it from one who was left alone counts as that one for 90 days, or until two others give it to them once more: wardmux person roles ID --role auditor',
    look: ({ people }) => {
      if (people.length < 2) return undefined;
      const apart = people.filter(({ roles }) => roles.includes('auditor') && roles.length === 1);
      if (apart.length === 0) return weaker('nobody here is an auditor and nothing else');
      // Another one, whom nobody alone has put there, ends holds and looks at what whoever made these did.
      if (apart.some(({ hand }) => hand === undefined)) return undefined;
      return weaker(apart.map(({ id, hand }) => `${id} was made an auditor by ${hand} alone, and counts as the same person`).join('; '));
    },
  },
  {
    name: 'mixed-roles',
    title: 'Admin work by another identity',
    safeguard: 'access-authorization',
    strict: 'nobody is security admin and operator at once',
    advice: 'Give the admin’s role to an identity of its own, with another credential than daily work has.',
    look: ({ people }) => {
      const both = people.filter(({ roles }) => roles.includes('security') && roles.includes('operator'));
      return both.length > 0 && people.length > 1 ? weaker(`${ids(both)} ${both.length === 1 ? 'is' : 'are'} both`) : undefined;
    },
  },
  {
    name: 'anchors',
    title: 'Heads kept outside',
    safeguard: 'integrity',
    strict: 'a head of the ledger stands on another machine, and is fresh',
    advice:
      'Whoever holds this disk could cut the end of the ledger and nobody outside would know. Add a folder on another machine: wardmux anchor add NAME --file FOLDER',
    look: ({ anchors }) => {
      if (anchors.length === 0) return stop('the policy names no place outside');
      const bad = anchors.filter(({ grade, failing }) => grade !== 'anchored' || failing !== null);
      return bad.length > 0 ? stop(bad.map(({ name, grade }) => `${name}: ${grade}`).join(', ')) : undefined;
    },
  },
  {
    name: 'self-test',
    title: 'Self-test',
    safeguard: 'evaluation',
    strict: `within the last ${STRICT.selfTestHours} hours, and everything held`,
    advice: 'Run it, and read what does not hold: wardmux selftest',
    look: ({ selfTest, now }) => {
      if (!selfTest) return stop('never run here');
      if (!selfTest.holds) return stop(`at ${selfTest.time} a control did not hold`);
      const hours = Math.floor((now - Date.parse(selfTest.time)) / HOUR_MS);
      return hours >= STRICT.selfTestHours || hours < 0 ? weaker(`last run ${selfTest.time}`) : undefined;
    },
  },
  {
    name: 'program',
    title: 'The program’s files',
    safeguard: 'integrity',
    strict: `those that two security admins have signed for, looked at within the last ${STRICT.filesHours} hours, and no clone of the sources`,
    advice:
      'Look at what is said of each file (wardmux integrity check). Where you have installed or built it, accept it: wardmux integrity accept --note "Why", which takes both where two may decide, and lets both sign for what one alone has signed for. Else install it again from a source that you trust, and tell whoever audits this workstation.',
    look: ({ integrity: { baseline, check }, now }) => {
      if (!baseline) return weaker('nobody has signed which they are');
      if (check && check.differences > 0)
        return stop(`at ${check.time} ${check.differences === 1 ? '1 file was' : `${check.differences} files were`} not as signed for at ${baseline.time}`);
      const last = check?.time ?? baseline.time;
      const hours = Math.floor((now - Date.parse(last)) / HOUR_MS);
      if (hours >= STRICT.filesHours || hours < 0) return weaker(`last looked at ${last}`);
      const parts = [
        ...(baseline.second === null ? [`${baseline.by} alone has signed for them`] : []),
        ...(baseline.checkout ? ['they are a clone of the sources, which is built anew: whoever builds changes the program'] : []),
      ];
      return parts.length > 0 ? weaker(parts.join('; ')) : undefined;
    },
  },
  setting('lock.idleSeconds', 'Time until the lock, in seconds', 'automatic-logoff'),
  setting('lock.maxHours', 'Longest time after an unlock, in hours', 'automatic-logoff'),
  setting('lock.logoffMinutes', 'Time from the lock to the logoff, in minutes', 'automatic-logoff'),
  setting('lock.parkMinutes', 'Time to the logoff of whoever is parked, in minutes', 'automatic-logoff'),
  setting('lock.holdShells', 'Whether shells run on at a logoff', 'automatic-logoff'),
  setting('workstation.class', 'Class of the workstation', 'workstation-use'),
  {
    name: 'classes',
    title: 'What keeps classes of sessions apart',
    safeguard: 'access-control',
    strict: 'nothing goes from one into another, and the shells of each run in a sandbox',
    advice:
      'Give each class in policy.json a sandbox and an empty "to" (docs/classes.md), and take it into force: wardmux policy apply FILE. Or keep it on purpose, and say why in your risk analysis.',
    look: ({ policy }) => {
      const classes = sessionClasses(policy);
      const open = classes.filter(({ sandbox }) => !sandbox).map(({ name }) => name);
      const crossings = classes.flatMap(({ name, to }) => to.map((each) => `${name} to ${each}`));
      const parts = [
        ...(open.length > 0 ? [`without a sandbox: ${open.join(', ')}`] : []),
        ...(crossings.length > 0 ? [`text goes from ${crossings.join(', ')}`] : []),
      ];
      return parts.length > 0 ? weaker(parts.join('; ')) : undefined;
    },
  },
  setting('consent.version', 'Version of the text that each person accepts', 'workstation-use'),
  {
    name: 'banner',
    title: 'Banner on the lock page',
    safeguard: 'workstation-use',
    strict: 'a text of the site’s rules',
    advice: 'Set workstation.banner in policy.json.',
    look: ({ policy: { workstation } }) => (workstation.banner.trim() === '' ? weaker('none') : undefined),
  },
  setting('lock.clearClipboard', 'Whether a lock empties the clipboard', 'workstation-use'),
  setting('unlock.factors', 'Factors that an unlock takes', 'authentication'),
  setting('unlock.commands', 'Whether a passphrase alone does in a terminal where two factors are asked for', 'authentication'),
  setting('unlock.storedPasskeys', 'Whether a passkey that holds no key itself opens', 'authentication'),
  setting('hosts.newKeys', 'What becomes of a host whose key nobody has pinned', 'authentication'),
  setting('hosts.passwords', 'Whether a host may ask for a password', 'authentication'),
  {
    name: 'second-factor',
    title: 'A passkey or key for each person',
    safeguard: 'authentication',
    strict: 'two for each, so that one can be lost',
    advice: 'Enrol another passkey, and keep it somewhere else than the first.',
    look: ({ people }) => {
      const [none, one] = [people.filter(({ passkeys }) => passkeys === 0), people.filter(({ passkeys }) => passkeys === 1)];
      const parts = [...(none.length > 0 ? [`${ids(none)}: passphrase alone`] : []), ...(one.length > 0 ? [`${ids(one)}: one passkey`] : [])];
      return parts.length > 0 ? weaker(parts.join('; ')) : undefined;
    },
  },
  {
    name: 'emergency-review',
    title: 'Reviews of emergencies',
    safeguard: 'activity-review',
    strict: `an auditor who was not in it, within ${REVIEW_HOURS} hours of its end`,
    advice: 'Look at its recordings and words, then close it: wardmux breakglass review ID --finding justified. wardmux breakglass list shows what is due.',
    look: ({ unreviewed }) => {
      if (unreviewed.length === 0) return undefined;
      const late = unreviewed.filter(({ overdue }) => overdue);
      return late.length > 0 ? stop(`overdue: ${ids(late)}`) : weaker(`due: ${ids(unreviewed)}`);
    },
  },
  {
    name: 'emergency-end',
    title: 'The end of an emergency',
    safeguard: 'emergency-access',
    strict: 'each has an end in the ledger',
    advice: 'What ran it was ended in the middle. Start Wardmux here, which enters the end; look at its recordings, and ask who ended it and why.',
    look: ({ endless }) => (endless === undefined ? undefined : stop(`${endless} has none, and its time is over`)),
  },
  {
    name: 'emergency',
    title: 'Emergency access',
    safeguard: 'emergency-access',
    strict: 'a sealed credential, or two operators',
    advice:
      'Enrol an identity for emergencies (wardmux person add --role emergency), write its passphrase down alone, seal it in an envelope, and say in your contingency plan where that lies. Until then two operators break the glass together.',
    look: ({ people }) => {
      if (people.some(({ roles }) => roles.includes('emergency'))) return undefined;
      return weaker(
        people.filter(({ roles }) => roles.includes('operator')).length > 1 ? 'nobody here has the role; two operators can' : 'nobody can break the glass here',
      );
    },
  },
  {
    name: 'emergency-drill',
    title: 'Drills for emergencies',
    safeguard: 'emergency-access',
    strict: `the credential is tried every ${DRILL_DAYS} days`,
    advice: 'Open the envelope, try it, and seal it anew: wardmux breakglass drill',
    look: ({ drillsDue }) =>
      drillsDue.length > 0
        ? weaker(drillsDue.map(({ person, last }) => `${person}: ${last === null ? 'never tried' : `last tried ${last}`}`).join('; '))
        : undefined,
  },
  {
    name: 'revocation',
    title: 'Revocation list',
    safeguard: 'workforce-termination',
    strict: 'a signed list, not older than a day, and two keys that may sign it',
    advice:
      'Name its file, and the keys of those who sign it, in policy.json (revocation). Without one whoever was dismissed is kept out here only by somebody who comes here and does it.',
    look: ({ policy, revocation: seen }) => {
      if (!policy.revocation) return weaker('the policy demands none');
      if (!seen || seen.state !== 'good') return stop(seen ? `at the last look: ${seen.state}` : 'none was seen yet');
      const parts = [
        ...(seen.ageHours >= STRICT.listHours ? [`${seen.ageHours} hours old`] : []),
        ...(policy.revocation.keys.length < 2 ? ['one key may sign it: where that is lost, nobody comes in any more'] : []),
      ];
      return parts.length > 0 ? weaker(parts.join('; ')) : undefined;
    },
  },
  {
    name: 'audit-key',
    title: 'The audit key’s place',
    safeguard: 'encryption',
    strict: 'on another medium than the data folder, and shown to be there',
    advice: 'Move the file to a removable medium, and say so: wardmux audit-key prove FILE',
    look: ({ auditKeysHere }) => (auditKeysHere.length > 0 ? weaker(`nobody has shown that ${auditKeysHere.join(', ')} lies elsewhere`) : undefined),
  },
  {
    name: 'secret-store',
    title: 'Where the signing key is kept',
    safeguard: 'authenticate-ephi',
    strict: 'in the desktop’s secret store',
    advice: 'Another program of this account can read it and sign as this workstation. Start a new installation where there is a login keyring.',
    look: ({ secretStore }) => (secretStore === 'file' ? weaker('in a file of the data folder') : undefined),
  },
  {
    name: 'pinned',
    title: 'Whose data folder this is',
    safeguard: 'authenticate-ephi',
    strict: 'the login keyring remembers the installation',
    advice: 'Keep a trust.json elsewhere, and compare: wardmux ledger verify --trust FILE',
    look: ({ isPinned }) => (isPinned ? undefined : weaker('nobody here remembers it: who can write every file could replace key and history')),
  },
  {
    name: 'second-half',
    title: 'Signatures of two kinds',
    safeguard: 'authenticate-ephi',
    strict: 'Ed25519 and ML-DSA-44',
    advice: 'Run it with a runtime that has ML-DSA-44, and replace the key: wardmux installation rotate-key',
    look: ({ hasSecondHalf }) => (hasSecondHalf ? undefined : weaker('Ed25519 alone')),
  },
  {
    name: 'reserve',
    title: 'Room kept free on the disk',
    safeguard: 'audit-controls',
    strict: `${STRICT.reserveMebibytes} MiB`,
    advice: `Set recording.reserveMebibytes to ${STRICT.reserveMebibytes} in policy.json and accept it.`,
    look: ({ policy: { recording } }) => (recording.reserveMebibytes < STRICT.reserveMebibytes ? weaker(`${recording.reserveMebibytes} MiB`) : undefined),
  },
  {
    name: 'screen-capture',
    title: 'Pictures of an open screen',
    safeguard: 'workstation-use',
    strict: 'forbidden by the display server',
    advice: 'Nothing here can forbid them. Use a display server that asks, or accept it in writing.',
    look: () => weaker('other programs of the desktop may take them'),
  },
  {
    name: 'swap',
    title: 'Memory on the disk',
    safeguard: 'encryption',
    strict: 'no swap, or an encrypted one',
    advice: 'Turn it off (swapoff -a), or encrypt it and write down that it is.',
    look: ({ swap }) =>
      swap === 'off' ? undefined : unseen(swap === 'on' ? 'on; whether it is encrypted cannot be seen from here' : 'cannot be seen from here'),
  },
  {
    name: 'disk',
    title: 'Encryption of the disk',
    safeguard: 'encryption',
    strict: 'the disk is encrypted',
    advice: 'Recordings are encrypted by themselves; the ledger, names and the policy are not. Look at how the machine was set up, and write it down.',
    look: () => unseen('cannot be seen from here'),
  },
  {
    name: 'clock',
    title: 'The clock',
    safeguard: 'audit-controls',
    strict: 'set by a time server of the site, with a time-stamping authority that vouches for it',
    advice:
      'Look at timedatectl: with systemd, timedatectl set-ntp true turns on what follows a time server. Add a time-stamping authority as an anchor: wardmux anchor add NAME --timestamp URL',
    look: ({ policy, clock: { state, time } }) => {
      if (state === 'unsynced') return weaker(`since ${time} the kernel calls it not synchronized`);
      if (policy.anchors?.some(({ kind }) => kind === 'timestamp')) return undefined;
      const said = state === 'synced' ? `since ${time} the kernel calls it synchronized, by whom cannot be seen; ` : '';
      return unseen(`${said}nobody outside vouches for it`);
    },
  },
];

export interface PostureRow extends Seen, Omit<RowOf, 'look'> {}

/** The rows that have something to say, worst first, else in the order of the table. */
export function postureOf(facts: PostureFacts): PostureRow[] {
  const found = rows.flatMap(({ look, ...row }) => {
    const seen = look(facts);
    return seen ? [{ ...row, ...seen }] : [];
  });
  return levels.flatMap((level) => found.filter((row) => row.level === level));
}
