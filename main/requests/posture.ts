/** Where this installation is weaker than the strict profile, and whether its controls hold (main/proving.ts). */
import type { HandlersOf, RequestParts } from './parts.ts';

export function postureRequests({ proving }: RequestParts): HandlersOf<'posture' | 'selftest'> {
  return {
    'posture.look': () => proving.look(),
    'selftest.run': () => proving.selfTest(),
  };
}
