/** Numbers, sizes and times as the face writes them. */

const two = (value: number): string => String(value).padStart(2, '0');

/** One empty cell between thousands: 48 211. */
export const count = (value: number): string => String(Math.trunc(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ' ');

/** Sealed bytes: KiB below one MiB, MiB with two places up to a GiB. */
export function size(bytes: number): string {
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(2)} MiB`;
  return `${(bytes / 1024 ** 3).toFixed(2)} GiB`;
}

/** Time left: 4:12. */
export const left = (seconds: number): string => `${Math.floor(Math.max(0, seconds) / 60)}:${two(Math.max(0, Math.floor(seconds)) % 60)}`;

/** Clock time on this machine, 24 hours: 14:32. */
export const clock = (date: Date): string => `${two(date.getHours())}:${two(date.getMinutes())}`;

/** The same for a moment of any day: 14:32 today, 2026-11-27 14:32 otherwise. */
export function moment(date: Date, now = new Date()): string {
  return date.toDateString() === now.toDateString() ? clock(date) : `${dayOf(date)} ${clock(date)}`;
}

const dayOf = (date: Date): string => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;

/** To the second, of any day: 2026-11-27 14:32:07. */
export const toSecond = (date: Date): string => `${dayOf(date)} ${clock(date)}:${two(date.getSeconds())}`;

/** Text that a program chose (a title, a link): one line, no control or direction characters, of bounded length. */
export function tame(text: string, longest = 80): string {
  // eslint-disable-next-line no-control-regex
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '').trim();
  return clean.length > longest ? `${clean.slice(0, longest - 1)}…` : clean;
}

/** A length, or a time within one: 1:02:44, 29:51. */
export function length(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
