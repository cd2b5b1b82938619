/** What can be asked for at the private socket: one row a verb, with what whoever asks needs (src/access). None opens anything. */
import type { Permission } from '../access/permissions.ts';

export const verbs = {
  lock: { needs: 'app.lock' },
  status: { needs: 'app.status' },
  show: { needs: 'app.show' },
} as const satisfies Readonly<Record<string, { readonly needs: Permission }>>;

export type Verb = keyof typeof verbs;
export const verbNames = Object.keys(verbs) as readonly Verb[];
