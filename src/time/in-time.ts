/** Limits of time: what does not come in time is not waited for. */

/**
 * What `work` gives, or rejects with, if that comes within `ms` milliseconds; else what `late` gives or throws, undefined where
 * there is none. What comes of `work` later changes nothing, and an error then is nobody's. No timer is left behind.
 * @param late called once, and only where the time is over; it may go on waiting by giving a promise.
 */
export function inTime<T, L = undefined>(work: PromiseLike<T>, ms: number, late?: () => L | PromiseLike<L>): Promise<T | L> {
  return new Promise<T | L>((resolve, reject) => {
    const timer = setTimeout(() => {
      try {
        resolve(late?.() as L | PromiseLike<L>);
      } catch (error) {
        reject(error as Error);
      }
    }, ms);
    work.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: Error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
