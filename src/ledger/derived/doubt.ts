/** What is derived from the ledger's events is not what it should be. It is made anew from them; nothing is lost. */
export class Doubt extends Error {
  override name = 'Doubt';
}
