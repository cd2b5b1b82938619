/** docs/roles.md: what each role may do, made from the table of permissions, so that the page cannot drift from it. */
import { roles, type Role } from '../../../src/types/words.ts';
import { AGREE_MS, twoPeople } from '../../../src/access/two-people.ts';
import { BOUND_MS, WAIT_MS } from '../../../src/ledger/quorum.ts';
import { permissions, type PermissionRow } from '../../../src/access/permissions.ts';
import { DAY_MS } from '../../../src/types/units.ts';

/** What each role is for, in one sentence. */
const meanings: Readonly<Record<Role, string>> = {
  operator: 'Works: opens recorded shells, sees and exports their own.',
  auditor: 'Looks at what others did, with an audit key; decides nothing about people or policy.',
  security: 'Security admin: decides who belongs here and which policy is in force; opens nothing that others recorded.',
  custodian:
    'Keeps the file of an audit key outside, has it entered that it is there, and has what it opens wrapped for the audit keys that two others have accepted. Without the file they do nothing; nothing here is opened for them, and they choose no key.',
  emergency: 'Is in force in an emergency only (break-glass), and then no other role is. Whoever holds it opens nothing with it at an ordinary unlock.',
};

/** In words, when something may be done. */
function whenText({ when }: PermissionRow): string {
  return when.length === 3 ? 'always' : when.map((phase) => (phase === 'open' ? 'unlocked' : phase === 'locked' ? 'locked' : 'first run')).join(', ');
}

const mark = ({ roles: may }: PermissionRow, role: Role): string => (may === 'anyone' || may.includes(role) ? 'yes' : '-');

export function rolesDocument(): string {
  const rows = Object.entries(permissions as Readonly<Record<string, PermissionRow>>);
  const named = rows.filter(([, { roles: may }]) => may !== 'anyone');
  const anybody = rows.filter(([, { roles: may }]) => may === 'anyone');
  return `# Roles

This page is made from \`src/access/permissions.ts\`; do not edit it. \`UPDATE_DOCS=1\` with \`test/docs/made.test.ts\` makes it anew.

A person has one role or several. Which ones, the ledger says and no file: a security admin grants them (\`wardmux person add --role ROLE\`,
\`wardmux person roles ID --role ROLE\`), with a signature that every reader of the ledger checks. Whoever is not listed may not.

${roles.map((role) => `- **${role}**: ${meanings[role]}`).join('\n')}

## What keeps them apart

- Nobody grants themselves a role, disables or deletes themselves: another security admin does. So there is always one left who can come in.
- Nobody is security admin and auditor.
- A security admin never gets content: recordings are sealed to the person who made them and to the audit keys of the policy.
- Nobody reviews a recording of somebody who alone has made them an auditor, or closes an alert about such a one, for 90 days: they count as that one.
- Whoever holds the file of an audit key needs no role, reason or second one at a terminal: \`wardmux play ID --key FILE\` shows what is sealed to it with nothing covered.
- What one security admin does alone is in the ledger under their name, signed with their key. What takes two has both signatures.

## A place with one person

The first run makes one person, who is operator and security admin: there is nobody else who could be. That is said here and in the ledger, and
nothing pretends otherwise. They are no auditor; give the audit key to somebody outside, who reads the ledger and the recordings without them. With a
second security admin, one takes the other's daily work away: \`wardmux person roles ID --role security\`.

## What takes two people

One who may asks; another one who may agrees, at the same workstation: in the window on a page of its own, while the first one's panes are covered, or at a
terminal, one passphrase after the other (\`--second\`). Both see the request in words and sign the same digest, at most ${AGREE_MS / 60_000} minutes apart. The event has
both signatures, and every reader of the ledger passes over one without them.

Taking power away is quick: one security admin disables, stops, or takes a role, at once. Giving it is slow:

- Whoever one security admin alone has made one too, or an auditor, counts as that one, and not as the second to them, for ${BOUND_MS / DAY_MS} days; two who are
  independent of each other end that at once, with the same roles given once more. Only who comes first beside the first person is exempt.
- Where the last one who could have been the second was put out, nobody decides alone for ${WAIT_MS / DAY_MS} days what takes two. One who is alone then still
  enrols people, and gives the role operator. Whoever was disabled by mistake is let in again, and that is over at once.
- After that one decides alone, and the posture says so, loudest. So give the role to a third person before one of two leaves.

| what | each needs | event | where only one may decide |
| --- | --- | --- | --- |
${Object.values(twoPeople)
  .map(
    ({ help, needs, event, alone }) =>
      `| ${help} | \`${needs}\` | \`${event}\` | ${alone ? `one decides alone (${WAIT_MS / DAY_MS} days after the other one was put out), and the posture says so` : 'nobody does'} |`,
  )
  .join('\n')}

## Who may do what

| what | when | ${roles.join(' | ')} |
| --- | --- | ${roles.map(() => '---').join(' | ')} |
${named.map(([name, row]) => `| \`${name}\` ${row.help} | ${whenText(row)} | ${roles.map((role) => mark(row, role)).join(' | ')} |`).join('\n')}

## What needs no role

| what | when |
| --- | --- |
${anybody.map(([name, row]) => `| \`${name}\` ${row.help} | ${whenText(row)} |`).join('\n')}
`;
}
