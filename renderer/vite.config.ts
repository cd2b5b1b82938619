/** Builds one document a surface. Flat output (lock.html beside its assets), because the hosts serve dist/renderer as the origin's root. */
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const surfaces = ['setup', 'lock', 'workspace'];
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

export default defineConfig({
  root: here('.'),
  base: '/',
  publicDir: false,
  plugins: [flatPages],
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
    rolldownOptions: { input: Object.fromEntries(surfaces.map((surface) => [surface, here(`${surface}/index.html`)])) },
  },
});
