/** Reasons and tickets: what the policy takes as a shape, what has that shape, and that a recording begins with neither where it should not. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { generateAuditKey } from '../recording/wrap.ts';
import { recordingOwner } from '../services/recordings/start.ts';
import { asOperator } from '../people/active.fixture.ts';
import type { PersonRecord } from '../people/types.ts';
import { defaultPolicy, policySchema } from './policy.ts';
import { isTicket, reasonFault, TICKET_SHAPE, type GivenReason } from './reason.ts';
import type { Policy } from './types.ts';

const audit = generateAuditKey().recipient;
const policy = (reason?: Policy['reason']): Policy => ({ ...defaultPolicy([{ label: 'audit', jwk: audit.jwk }], 'ward-3'), ...(reason ? { reason } : {}) });

test.each([
  ['INC#######', ['INC0012345'], ['INC001234', 'INC00123456', 'inc0012345', 'INC001234a', 'xINC0012345', 'INC0012345\n']],
  ['@@-*', ['ab-1', 'AB-x9Z'], ['ab-', 'a1-1', 'ab-1 ', 'ab-1-2', 'ab 1']],
  ['REQ.#/#', ['REQ.1/2'], ['REQx1/2', 'REQ.1.2']],
  ['*', ['a', '42'], ['', 'a b', 'ä']],
])('the shape %s takes %j and not %j', (shape, good, bad) => {
  for (const ticket of good) expect(isTicket(ticket, shape), ticket).toBe(true);
  for (const ticket of bad) expect(isTicket(ticket, shape), ticket).toBe(false);
});

test('a shape is one only where it asks for something, and has no place for words', () => {
  for (const shape of ['', 'INC', '**', '*#', '# #', '#(a|b)', '[0-9]#', 'ä#', '#'.repeat(33)])
    expect(policySchema.safeParse(policy({ ask: 'unlock', ticket: shape })).success, shape).toBe(false);
  for (const shape of ['#', 'INC#######', '@*', 'A.B_c/d:e-#*'])
    expect(policySchema.safeParse(policy({ ask: 'session', ticket: shape })).success, shape).toBe(true);
});

test('property: a ticket of whatever shape is short, and of letters, digits and five marks alone', () => {
  const shapes = fc.stringMatching(/^[A-Za-z0-9#@._/:-]{0,8}[#@*]$/);
  fc.assert(
    fc.property(shapes, fc.string({ maxLength: 64 }), (shape, ticket) => {
      expect(TICKET_SHAPE.test(shape)).toBe(true);
      const own = [...shape].map((character) => ({ '#': '7', '@': 'q', '*': 'z9' })[character] ?? character).join('');
      expect(isTicket(own, shape)).toBe(true);
      if (isTicket(ticket, shape)) expect(ticket).toMatch(/^[A-Za-z0-9._/:-]{1,32}$/);
    }),
  );
});

test('what is wrong with a reason is said: a word of their own, a ticket that is missing, of another shape, or that nobody asked for', () => {
  const given = (reason: string, ticket: string | null = null) => ({ reason, ticket });
  expect(reasonFault({}, given('maintenance'))).toBeUndefined();
  for (const word of ['none', 'patient Meier', 'lost-authenticator', '']) expect(reasonFault({}, given(word))).toContain('one of');
  expect(reasonFault({}, given('audit', 'INC1'))).toContain('no ticket');
  expect(reasonFault({ ticket: 'INC#' }, given('audit'))).toContain('asks for a ticket');
  expect(reasonFault({ ticket: 'INC#' }, given('audit', 'Meier'))).toContain('no ticket in the shape');
  expect(reasonFault({ ticket: 'INC#' }, given('audit', 'INC1'))).toBeUndefined();
});

test('no recording begins without a reason where the policy asks; what was said goes with it, and an emergency has its own', () => {
  const jwk = audit.jwk;
  const person = asOperator({ id: 'p-0123456789ab', encryptionKey: jwk, signingKey: jwk, slots: [] } as unknown as PersonRecord);
  const facts = { consent: () => undefined };
  const owner = (wanted: Policy['reason'], given?: GivenReason) =>
    recordingOwner(person, { policy: policy(wanted), sha256: '0'.repeat(64) }, facts, undefined, given);
  const asks = { ask: 'unlock', ticket: 'INC#' } as const;
  expect(() => owner(asks)).toThrow(expect.objectContaining({ code: 'reason' }));
  expect(() => owner(asks, { reason: 'audit', ticket: null })).toThrow(expect.objectContaining({ code: 'reason' }));
  expect(owner(asks, { reason: 'audit', ticket: 'INC1' })).toMatchObject({ opened: { role: 'operator', reason: 'audit', breakGlass: null }, ticket: 'INC1' });
  expect(owner(undefined)).not.toHaveProperty('opened');
  expect(owner(undefined, { reason: 'maintenance', ticket: null })).toMatchObject({ opened: { reason: 'maintenance' } });
  expect(() => owner(undefined, { reason: 'maintenance', ticket: 'INC1' })).toThrow('no ticket');
  const glass = recordingOwner(person, { policy: policy(asks), sha256: '0'.repeat(64) }, facts, { breakGlass: 'b-000000000001', reason: 'system-down' });
  expect(glass).toMatchObject({ opened: { role: 'emergency', reason: 'system-down' } });
  expect(glass).not.toHaveProperty('ticket');
});
