/** The one way in which a moment is written: ISO 8601, UTC, milliseconds. Pure. */

const SHAPE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** True for a moment that exists, written as Date.prototype.toISOString writes it: no 30th of February, no hour 24, no leap second. */
export function isMoment(value: unknown): value is string {
  if (typeof value !== 'string' || !SHAPE.test(value)) return false;
  const time = new Date(value);
  return !Number.isNaN(time.getTime()) && time.toISOString() === value;
}
