/** Toasts and banners, what is said of them, and the log of both that show-messages reads again. */
import { say } from '../shared/say.ts';
import * as model from './model.ts';

/** A toast goes after this; a refusal or a warning stays until it is read. */
const TOAST_MS = 6_000;
const TOASTS = 3;
/** Banners: worst first, three at most. */
const BANNERS = 3;
/** Kept for show-messages, in this page alone. */
const LOGGED = 100;

const stays = ({ kind }: model.Notice): boolean => kind === 'stop' || kind === 'warn';

/** Without the oldest, where there are as many as there may be; what stays until it is read goes last. */
function withRoom(toasts: readonly model.Notice[]): readonly model.Notice[] {
  if (toasts.length < TOASTS) return toasts;
  const oldest = toasts.find((toast) => !stays(toast)) ?? toasts[0];
  return toasts.filter((toast) => toast !== oldest);
}

export class Notices {
  #last = 0;

  /** @returns its id, for `dismiss`. */
  toast(kind: model.NoticeKind, sentence: string, note?: string): number {
    const notice = this.#note(kind, sentence, note);
    model.toasts.value = [...withRoom(model.toasts.value), notice];
    if (!stays(notice)) setTimeout(() => this.dismiss(notice.id), TOAST_MS);
    return notice.id;
  }

  banner(kind: 'warn' | 'stop', sentence: string, note?: string, about?: string): void {
    const notice = { ...this.#note(kind, sentence, note), ...(about ? { about } : {}) };
    const others = model.banners.value.filter((banner) => banner.sentence !== notice.sentence);
    const worstFirst = [...others, notice].sort((a, b) => Number(b.kind === 'stop') - Number(a.kind === 'stop') || b.id - a.id);
    model.banners.value = worstFirst.slice(0, BANNERS);
  }

  /** A fault that stands as long as it is so: each takes the place of the last one about the same; none takes it away. */
  lasting(about: string, fault: { readonly level: 'warn' | 'stop'; readonly sentence: string } | null): void {
    model.banners.value = model.banners.value.filter((banner) => banner.about !== about);
    if (fault) this.banner(fault.level, fault.sentence, undefined, about);
  }

  /** To be read again only: it stands behind what was said. */
  remember(kind: model.NoticeKind, sentence: string): void {
    this.#log({ id: ++this.#last, at: new Date(), kind, sentence });
  }

  dismiss(id: number): void {
    model.toasts.value = model.toasts.value.filter((notice) => notice.id !== id);
    model.banners.value = model.banners.value.filter((notice) => notice.id !== id);
  }

  /** Whether one stands that stays until it is read. */
  get stands(): boolean {
    return model.banners.value.length > 0 || model.toasts.value.some(stays);
  }

  /** Prefix esc: the newest toast, else the first banner. */
  dismissNext(): void {
    const next = model.toasts.value.at(-1) ?? model.banners.value[0];
    if (next) this.dismiss(next.id);
  }

  #log(notice: model.Notice): void {
    model.log.value = [...model.log.value.slice(1 - LOGGED), notice];
  }

  #note(kind: model.NoticeKind, sentence: string, note: string | undefined): model.Notice {
    const notice = { id: ++this.#last, at: new Date(), kind, sentence: model.withPrefix(sentence), ...(note ? { note } : {}) };
    // That something is being done is of no use later: what came of it is.
    if (kind !== 'wait') this.#log(notice);
    say(note ? `${notice.sentence} ${note}` : notice.sentence, kind === 'stop');
    return notice;
  }
}
