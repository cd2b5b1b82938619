/**
 * What of an alert leaves for a mail or a webhook: what stands in the table of rules, when, and the number of its event. Which workstation and whom it is about leaves
 * only where the row says so, and of people their ids; so do names of hosts. No name of anybody, no other value of an event and nothing of a session is ever in it. Pure.
 */
import { z } from 'zod';
import { hostOf } from '../anchors/syslog-tls.ts';
import { ruleHelp, type RuleName } from '../alerts/absences.ts';
import type { Alert } from '../alerts/evaluate.ts';
import { HOST_ID } from '../types/hosts.ts';
import { PERSON_ID } from '../types/ids.ts';

/** What a row can add. */
const tellable = ['host', 'people', 'ssh-hosts'] as const;

/** Fields that rows have whose sink takes alerts. */
export const alertFields = {
  only: z.literal('page').optional().describe('"page": none but alerts that cannot wait. Left out: all.'),
  tells: z
    .array(z.enum(tellable))
    .max(tellable.length)
    .optional()
    .describe(
      'What is told beside the rule and the numbers. host: what the workstation is called. people: the ids of those whom it is about. ssh-hosts: the names of the hosts that were to be opened by SSH. Left out: none of these.',
    ),
} as const;

export interface AlertTelling {
  readonly only?: 'page' | undefined;
  readonly tells?: readonly (typeof tellable)[number][] | undefined;
}

export interface ToldAlert {
  /** What it is called for ever: what comes twice has the same one. */
  readonly id: string;
  readonly rule: RuleName;
  /** What the rule looks for. */
  readonly help: string;
  readonly severity: Alert['severity'];
  readonly owner: Alert['owner'];
  /** ISO 8601 UTC. */
  readonly raised: string;
  readonly due: string;
  readonly installation: string;
  readonly seq: number;
  /** How many events it has gathered so far. */
  readonly events: number;
  readonly host?: string;
  readonly people?: readonly string[];
  readonly sshHosts?: readonly string[];
}

export function toldAlert(
  { rule, severity, owner, raised, due, seq, count, about, hosts }: Alert,
  { tells = [] }: AlertTelling,
  { installation, host }: { readonly installation: string; readonly host: string },
): ToldAlert {
  return {
    id: `${installation}/${seq}/${rule}`,
    rule,
    help: ruleHelp(rule),
    ...{ severity, owner, raised, due, installation, seq },
    events: count,
    ...(tells.includes('host') && { host: hostOf(host) }),
    ...(tells.includes('people') && { people: about.filter((person) => PERSON_ID.test(person)) }),
    ...(tells.includes('ssh-hosts') && { sshHosts: hosts.filter((name) => HOST_ID.test(name)) }),
  };
}

/** What whoever reads it is to do. */
export const LOOK = 'Look at it on that workstation: wardmux alerts, or its audit centre. It is closed there, with a note.';

/** One sentence, for whatever shows a line. */
export function sentenceOfTold({ rule, severity, installation, seq, host, sshHosts = [] }: ToldAlert): string {
  const where = host === undefined ? '' : ` on ${host}`;
  const opened = sshHosts.length === 0 ? '' : `, SSH host ${sshHosts.join(', ')}`;
  return `Wardmux alert ${rule} (${severity === 'page' ? 'cannot wait' : 'can wait for the morning'}), event ${seq} of ${installation}${where}${opened}.`;
}
