/** The audit centre (main/audit.ts). */
import type { HandlersOf, RequestParts } from './parts.ts';

export function auditRequests({ audit }: RequestParts): HandlersOf<'audit'> {
  return {
    'audit.alerts': () => audit.alerts(),
    'audit.events': (query) => audit.events(query),
    'audit.pictures': () => audit.pictures(),
    'audit.reviews': () => audit.reviews(),
    'audit.sign': async (span) => {
      await audit.sign(span);
      return {};
    },
    'audit.emergencies': () => audit.emergencies(),
    'audit.reviewEmergency': async (said) => {
      await audit.reviewEmergency(said);
      return {};
    },
    'audit.close': async ({ rule, alert }) => {
      await audit.close(rule, alert);
      return {};
    },
  };
}
