/**
 * Classes of sessions, as the policy names them: what each is called and looks like, into which others its text may go, and how its
 * shells are kept to themselves. What is left out is denied.
 */
import { z } from 'zod';
import { CLASS_NAME, classLooks, EMERGENCY_CLASS, type ClassRules } from '../types/classes.ts';
import type { WorkstationClass } from '../types/words.ts';
import type { Policy, SessionClass } from './types.ts';

/** More words nobody can tell apart on a rule. */
const MOST_CLASSES = 8;
/** A label has to stand on the rule of a narrow pane. */
const MAX_LABEL = 16;

const name = z.string().regex(CLASS_NAME, 'not a class name: a lower-case letter, then up to 15 letters, digits and hyphens');

const row = z
  .strictObject({
    name: name
      .refine((given) => given !== EMERGENCY_CLASS, 'is the class of emergencies')
      .describe('What is typed, and what recordings and the ledger name it by.'),
    label: z.string().trim().min(1).max(MAX_LABEL).optional().describe('What stands on the rule of each pane. Its name where it is left out.'),
    look: z.enum(classLooks).describe('Its colour and mark, beside its label.'),
    first: z.boolean().optional().describe('True of one class: that of a session for which nobody has chosen one.'),
    to: z.array(name).max(MOST_CLASSES).describe('Classes that its text may go into, by paste or by a command line. Each time is an event. Empty: none.'),
    withhold: z
      .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'not the name of a variable'))
      .max(64)
      .optional()
      .describe('Variables of the environment that its shells do not get, such as SSH_AUTH_SOCK.'),
    sandbox: z
      .strictObject({
        kind: z.literal('bubblewrap').describe('What makes it.'),
        network: z
          .boolean()
          .describe(
            'Whether its shells have the machine’s network: all of it, also what listens on this machine’s ports, or none. Single hosts cannot be told apart so.',
          ),
      })
      .optional()
      .describe('Its shells run in a sandbox with a home of their own, and do not start where it cannot be made. Left out: as every program of the account.'),
  })
  .refine(({ name: own, to }) => !to.includes(own) && new Set(to).size === to.length, { path: ['to'], message: 'names this class itself, or one twice' });

/** Case makes no difference to who looks at a rule. */
const onScreen = ({ name: own, label }: SessionClass): string => (label ?? own).toLowerCase();

/** What its shells are kept from: people go by the look when they type. */
const confinement = ({ sandbox, withhold = [] }: SessionClass): string => JSON.stringify([sandbox?.kind, sandbox?.network, [...new Set(withhold)].sort()]);

export const classesSchema: z.ZodType<readonly SessionClass[]> = z
  .array(row)
  .min(1)
  .max(MOST_CLASSES)
  .refine((rows) => new Set(rows.map((each) => each.name)).size === rows.length, 'the same class stands here twice')
  .refine((rows) => new Set(rows.map(onScreen)).size === rows.length, 'two classes have the same word on the screen')
  .refine(
    (rows) => rows.every((each) => rows.every((other) => other.look !== each.look || confinement(other) === confinement(each))),
    'two classes look alike, and differ in sandbox or withhold',
  )
  .refine((rows) => rows.filter(({ first }) => first).length === 1, 'exactly one class has first: true')
  .refine((rows) => rows.every(({ to }) => to.every((each) => rows.some((other) => other.name === each))), 'a class may go into one that does not stand here');

/** Where a policy names none: the one that goes with the place is the first. */
const firstAt: Readonly<Record<WorkstationClass, 'clinical' | 'general'>> = {
  'shared-clinical': 'clinical',
  nursing: 'clinical',
  'it-office': 'general',
  remote: 'general',
};

/** Those of a policy, in its order. */
export function sessionClasses({ classes, workstation }: Pick<Policy, 'classes' | 'workstation'>): readonly SessionClass[] {
  if (classes) return classes;
  const first = firstAt[workstation.class];
  return (['clinical', 'general'] as const).map((each) => ({ name: each, look: each, first: each === first, to: [] }));
}

/** Undefined for one that the policy does not name: a session may have outlived it, and nothing is allowed to it then. */
export const sessionClass = (policy: Pick<Policy, 'classes' | 'workstation'>, wanted: string): SessionClass | undefined =>
  sessionClasses(policy).find((each) => each.name === wanted);

/** What the policy says of them, for the multiplexer. */
export function classRules(policy: Pick<Policy, 'classes' | 'workstation'>): ClassRules {
  const classes = sessionClasses(policy);
  return {
    names: classes.map((each) => each.name),
    first: classes.find(({ first }) => first)!.name,
    lets: (from, to) => classes.find((each) => each.name === from)?.to.includes(to) ?? false,
  };
}
