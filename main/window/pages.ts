/**
 * What both hosts answer to a page's requests: the files of the built renderer folder at our one origin, and a refusal for
 * everything else. Nothing here listens anywhere; a host calls it from its own interception.
 */
import { readFile, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { contentSecurityPolicy, origin } from '../host.ts';

/** The largest file of the built renderer is the terminal's script, well under 2 MB; a bigger one is a mistake. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;
/** Real requests of our pages are shorter than 100 characters. */
const MAX_URL_LENGTH = 2048;

/** Only these kinds of file are served: source maps, notes and whatever else lies in the folder are not. */
const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

/** Sent with every answer, refusals included. */
const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), display-capture=(), usb=(), hid=(), serial=(), bluetooth=(), payment=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

/**
 * Isolates a document from every other origin. The lock page alone is not: a browser lets no isolated document have the process of one that
 * is not, so the workspace never comes into the process in which a passphrase was typed.
 */
const isolation = { 'cross-origin-embedder-policy': 'require-corp' } as const;
const notIsolated = 'lock.html';

export interface PageAnswer {
  readonly status: 200 | 403 | 404;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** A parsed URL of our own origin, or undefined for every other host, scheme, port, or a URL with credentials. */
export function ownUrl(text: string): URL | undefined {
  if (text.length > MAX_URL_LENGTH || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.origin === origin && url.username === '' && url.password === '' ? url : undefined;
}

/**
 * Answers a request for `text` from `folder`. 403 for a foreign origin, 404 for what is not a plain file of a known kind
 * inside the folder (symbolic links that lead out of it, hidden names and parent steps included).
 */
export async function servePage(folder: string, text: string): Promise<PageAnswer> {
  const url = ownUrl(text);
  if (!url) return refusal(403);
  const path = relativePath(url.pathname);
  const type = path === undefined ? undefined : mediaTypes[extname(path).toLowerCase()];
  if (path === undefined || type === undefined) return refusal(404);
  try {
    const root = await realpath(folder);
    const file = await realpath(join(root, path));
    const facts = await stat(file);
    if (!file.startsWith(root + sep) || !facts.isFile() || facts.size > MAX_FILE_BYTES) return refusal(404);
    return {
      status: 200,
      headers: { ...securityHeaders, ...(path === notIsolated ? {} : isolation), 'content-type': type },
      body: new Uint8Array(await readFile(file)),
    };
  } catch {
    return refusal(404);
  }
}

/** `/a/b.js` to `a/b.js`; undefined for anything but plain names. The URL parser has already folded plain `..` steps. */
function relativePath(pathname: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
  if (!/^(\/[A-Za-z0-9_@~-][A-Za-z0-9._@~-]*)+$/.test(decoded) || decoded.includes('..')) return undefined;
  return decoded.slice(1);
}

function refusal(status: 403 | 404): PageAnswer {
  const text = status === 403 ? 'Refused: Wardmux serves its own pages only.\n' : 'There is no such page.\n';
  return { status, headers: { ...securityHeaders, ...isolation, 'content-type': 'text/plain; charset=utf-8' }, body: new TextEncoder().encode(text) };
}
