/** The audit centre (main/audit.ts). */
import type { HandlersOf, RequestParts } from './parts.ts';

export function auditRequests({ audit }: RequestParts): HandlersOf<'audit'> {
  return {
    'audit.alerts': () => audit.alerts(),
    'audit.close': async ({ rule, alert }) => {
      await audit.close(rule, alert);
      return {};
    },
  };
}
