/** Lengths, and places in a recording, as people write and read them. */

/** h:mm:ss, rounded down. */
export function lengthText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

const LENGTH = /^(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2}(?:\.\d{1,6})?)$|^(\d{1,7}(?:\.\d{1,6})?)s?$/;

/** h:mm:ss, m:ss or seconds. @returns microseconds; undefined where it is none of these */
export function lengthUs(text: string): number | undefined {
  const length = LENGTH.exec(text);
  if (!length) return undefined;
  const [, hours, minutes, seconds, alone] = length;
  const total = alone === undefined ? Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(seconds) : Number(alone);
  return Math.round(total * 1e6);
}
