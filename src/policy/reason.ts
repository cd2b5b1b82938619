/**
 * Why somebody comes in, or begins a session, where the policy asks: a word of a list, and the ticket that it is done for, in the shape that the policy has.
 * The word stands in ledger and headers. The ticket is somebody’s text, so it stands in what is sealed and nowhere else; a shape without spaces, and 32
 * characters at most, leave little room for a patient in it. Pure.
 */
import type { AuditEntry } from '../ledger/events.ts';
import { givenReasons, type GivenReasonWord } from '../types/words.ts';
import { mostTyped } from '../types/most-typed.ts';
import type { Policy } from './types.ts';

/** What somebody gave. */
export interface GivenReason {
  readonly reason: GivenReasonWord;
  /** Null where the policy asks for none. */
  readonly ticket: string | null;
}

/** `#` a digit, `@` a letter, `*` at the end one or more of both, every other character itself. */
export const TICKET_SHAPE = /^(?=.*[#@*])[A-Za-z0-9#@._/:-]*\*?$/;

const classes: Readonly<Record<string, string>> = { '#': '[0-9]', '@': '[A-Za-z]', '*': '[A-Za-z0-9]+' };

/** Whether a ticket has a shape. One pass: no part of a shape can take what another one could. */
export function isTicket(ticket: string, shape: string): boolean {
  const pattern = [...shape].map((character) => classes[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
  return ticket.length <= mostTyped.ticket && new RegExp(`^${pattern}$`).test(ticket);
}

/** What is wrong with what somebody gave, for people; undefined where it is what the policy asks for. */
export function reasonFault(
  { ticket: shape }: Pick<NonNullable<Policy['reason']>, 'ticket'>,
  given: { readonly reason: string; readonly ticket: string | null },
): string | undefined {
  if (!(givenReasons as readonly string[]).includes(given.reason)) return `A reason is one of ${givenReasons.join(', ')}.`;
  if (shape === undefined) return given.ticket === null ? undefined : 'The policy asks for no ticket, and keeps none.';
  if (given.ticket === null) return `The policy asks for a ticket in the shape ${shape} (# a digit, @ a letter, * letters and digits).`;
  return isTicket(given.ticket, shape) ? undefined : `This is no ticket in the shape ${shape} (# a digit, @ a letter, * letters and digits).`;
}

/** The event of it. */
export const reasonEntry = (person: string, { reason, ticket }: GivenReason): AuditEntry => ({
  action: 'session.reason',
  person,
  detail: { reason, ticket: ticket !== null },
});
