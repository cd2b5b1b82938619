/**
 * A page as PDF, by an installed browser that nobody sees. Whoever has the page in the clear starts it, so that nobody else gets it: the page goes into the browser's
 * pipe and the PDF comes out of it, the browser's folder lies in memory, nothing listens, and the kernel kills it with us. The page is ours, with a policy that lets it
 * load nothing; scripts are off all the same.
 */
import { closeOnExec } from '../native/addon.ts';
import { memoryFolderOf } from '../disk/memory.ts';
import { CodedError } from '../types/coded-error.ts';
import { kindOf, SentenceError } from '../types/sentence.ts';
import { Browser, BrowserStartError } from './browser.ts';
import { DevToolsError, MAX_PIPE_MESSAGE_BYTES, type DevTools } from './devtools.ts';
import { findBrowser, NoBrowserError, type InstalledBrowser } from './find.ts';
import { browserEnvironment, browserFlags } from './flags.ts';
import { createProfile } from './profile.ts';
import { startFailure } from './start-failure.ts';
import { tiedToUs } from './tied.ts';

/** A page that is longer is no page to print: its PDF would be longer than what is taken from the pipe. */
const MOST_HTML_BYTES = 6 * 1024 * 1024;
/** Some thousands of pages are laid out within seconds. */
const PRINT_MS = 120_000;
/** The first descriptor that is not the standard three. */
const FIRST = 3;
/** Pixels; the page says itself how large its paper is. */
const WIDTH = 800;
const HEIGHT = 1100;

export type PrintCode =
  /** None is installed, or it did not come up. */
  | 'no-browser'
  /** The page or its PDF is longer than what is taken. */
  | 'too-long'
  /** No folder in memory, or the browser did not print it. */
  | 'not-printed';

class PrintError extends CodedError<PrintCode> {}

const INSTEAD = 'The same as HTML prints from any browser.';

/**
 * @param html a whole page of ours. @param env the process's own: where a browser is looked for, and what of it the browser may know
 * @throws PrintError: nothing of it is left anywhere then
 */
export async function printToPdf(html: string, env: NodeJS.ProcessEnv): Promise<Buffer> {
  if (Buffer.byteLength(html) > MOST_HTML_BYTES)
    throw new PrintError('too-long', `The page is longer than ${MOST_HTML_BYTES / 1024 ** 2} MiB, and no PDF is made of it. Take a shorter span. ${INSTEAD}`);
  const installed = found(env);
  const parent = memoryFolderOf([env['XDG_RUNTIME_DIR'], '/dev/shm']);
  if (parent === undefined)
    throw new PrintError(
      'not-printed',
      `No PDF can be made: there is no file system in memory here (XDG_RUNTIME_DIR, /dev/shm) for the browser's folder. ${INSTEAD}`,
    );
  const profile = profileBelow(parent);
  try {
    // A passphrase may stand behind one that whoever started us has opened.
    if (process.platform === 'linux') closeOnExec(FIRST);
    const flags = browserFlags({
      profileFolder: profile.folder,
      headless: true,
      dark: false,
      root: process.getuid?.() === 0,
      width: WIDTH,
      height: HEIGHT,
      place: undefined,
    });
    const { browser, page } = await Browser.start({
      ...tiedToUs(installed.path, flags),
      env: browserEnvironment(env, { profileFolder: profile.folder, temp: profile.temp, theme: 'system' }),
      folder: profile.folder,
    });
    try {
      return await printed(browser.devtools, page.targetId, html);
    } finally {
      await browser.end();
    }
  } catch (error) {
    throw failure(error, installed, env);
  } finally {
    profile.remove();
  }
}

function profileBelow(parent: string): ReturnType<typeof createProfile> {
  try {
    return createProfile(parent);
  } catch (error) {
    const why = error instanceof SentenceError ? error.message.replace(/\.$/, '') : kindOf(error);
    throw new PrintError('not-printed', `No PDF can be made: the browser's folder cannot be made in ${parent}: ${why}. ${INSTEAD}`, { cause: error });
  }
}

function found(env: NodeJS.ProcessEnv): InstalledBrowser {
  try {
    return findBrowser(env);
  } catch (error) {
    throw error instanceof NoBrowserError ? new PrintError('no-browser', `No PDF can be made: ${error.message} ${INSTEAD}`, { cause: error }) : error;
  }
}

async function printed(devtools: DevTools, targetId: string, html: string): Promise<Buffer> {
  const page = await devtools.attach(targetId);
  await page.send('Emulation.setScriptExecutionDisabled', { value: true });
  // The page that the browser starts with may still be on its way, and would take the place of ours: this one takes the place of that.
  const { errorText } = await page.send('Page.navigate', { url: 'about:blank' });
  if (errorText !== undefined) throw new DevToolsError(`it opens no page: ${errorText}`);
  const { frameTree } = await page.send('Page.getFrameTree');
  await page.send('Page.setDocumentContent', { frameId: frameTree.frame.id, html }, { withinMs: PRINT_MS });
  const { result } = await page.send('Runtime.evaluate', { expression: 'document.body.textContent.length', returnByValue: true }, { withinMs: PRINT_MS });
  if (!(Number(result.value) > 0)) throw new PrintError('not-printed', `The browser shows nothing of the page. Nothing was written. ${INSTEAD}`);
  const tooLong = new Promise<never>((_, reject) =>
    devtools.onTooLong(() =>
      reject(
        new PrintError(
          'too-long',
          `The PDF is longer than the ${MAX_PIPE_MESSAGE_BYTES / 1024 ** 2} MiB that are taken from a browser. Take a shorter span. ${INSTEAD}`,
        ),
      ),
    ),
  );
  // As a stream it would lie in a temporary file of the browser's.
  const asked = page.send(
    'Page.printToPDF',
    { printBackground: false, preferCSSPageSize: true, generateTaggedPDF: true, transferMode: 'ReturnAsBase64' },
    { withinMs: PRINT_MS },
  );
  const { data } = await Promise.race([asked, tooLong]);
  const pdf = Buffer.from(data, 'base64');
  if (!pdf.subarray(0, 5).equals(Buffer.from('%PDF-'))) throw new PrintError('not-printed', `What the browser gave is no PDF. Nothing was written. ${INSTEAD}`);
  return pdf;
}

function failure(error: unknown, installed: InstalledBrowser, env: NodeJS.ProcessEnv): PrintError {
  if (error instanceof PrintError) return error;
  if (error instanceof BrowserStartError)
    return new PrintError('no-browser', `No PDF can be made: ${startFailure(error.message, error.said, { ...installed, env })} ${INSTEAD}`, { cause: error });
  const why = error instanceof SentenceError || error instanceof DevToolsError ? error.message.replace(/\.$/, '') : kindOf(error);
  return new PrintError('not-printed', `No PDF can be made: ${installed.name} (${installed.path}) did not print the page: ${why}. ${INSTEAD}`, {
    cause: error,
  });
}
