/** A report that goes into a file: what its name says, HTML, PDF or text. */
import { createNew } from '../disk/atomic.ts';
import { isPdfName } from '../export/derived.ts';
import { htmlOf, textOf, type Page } from '../report/document.ts';
import type { CliIo } from './io.ts';

/** What `--output` says of itself. */
export const outputHelp = 'write the page into a new file: HTML where its name ends in .html, PDF where it ends in .pdf, else text';

/** Makes a PDF of a whole page. Loaded when somebody wants one. @throws PrintError */
export const printer =
  ({ env }: Pick<CliIo, 'env'>) =>
  async (html: string): Promise<Uint8Array> =>
    (await import('../browser/print.ts')).printToPdf(html, env);

/** @param path absolute. @throws StorageFault, PrintError: then nothing is written */
export async function writePage(path: string, page: Page, io: CliIo): Promise<void> {
  createNew(path, isPdfName(path) ? await printer(io)(htmlOf(page)) : /\.html?$/i.test(path) ? htmlOf(page) : textOf(page));
  io.talk(`Written to ${path}.`);
}
