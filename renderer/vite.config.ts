/** Builds one document a surface. Flat output (lock.html beside its assets), because the hosts serve dist/renderer as the origin's root. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const surfaces = ['setup', 'lock', 'workspace', 'guest'];
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** setup/index.html becomes setup.html: Vite names a page after its folder. */
const flatPages: Plugin = {
  name: 'flat-pages',
  enforce: 'post',
  generateBundle(_, bundle) {
    for (const surface of surfaces) {
      const page = bundle[`${surface}/index.html`];
      if (page?.type !== 'asset') continue;
      delete bundle[page.fileName];
      this.emitFile({ type: 'asset', fileName: `${surface}.html`, source: page.source });
    }
  },
};

/** The workspace's first script is a page's second: it is small, waits for nothing and nothing waits for it (workspace/greeting.ts). */
const greeting: Plugin = {
  name: 'greeting',
  enforce: 'post',
  generateBundle(_, bundle) {
    const page = bundle['workspace/index.html'];
    const script = Object.values(bundle).find((file) => file.type === 'chunk' && file.isEntry && file.name === 'greeting');
    if (page?.type !== 'asset' || !script) throw new Error('the workspace has no greeting');
    const needs = script.type === 'chunk' ? script.imports.map((file) => `<link rel="modulepreload" crossorigin href="/${file}">`) : [];
    const tags = [`<script type="module" async crossorigin src="/${script.fileName}"></script>`, ...needs];
    page.source = String(page.source).replace('</title>', ['</title>', ...tags].join('\n    '));
  },
};

/** The icon goes into the page: a browser fetches an icon's file by a way that the hosts do not answer. */
const iconInside: Plugin = {
  name: 'icon-inside',
  transformIndexHtml(html) {
    const icon = readFileSync(here('../assets/icons/wardmux.svg')).toString('base64');
    return html.replace('href="data:,"', `href="data:image/svg+xml;base64,${icon}"`);
  },
};

export default defineConfig({
  root: here('.'),
  base: '/',
  publicDir: false,
  plugins: [iconInside, greeting, flatPages],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('../dist/renderer'),
    emptyOutDir: true,
    // Both hosts bring Chromium 140 or newer: light-dark(), nesting and @starting-style stay as written.
    target: 'chrome140',
    cssTarget: 'chrome140',
    // The content security policy allows no inline script and no data: font.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: {
      checks: { bundlerTimings: false },
      input: { ...Object.fromEntries(surfaces.map((surface) => [surface, here(`${surface}/index.html`)])), greeting: here('workspace/greeting.ts') },
    },
  },
});
