/**
 * A page for the contract tests: does what a message asks, and gives every frame back. The Chromium host loads it as a
 * module of a document; the fake of Electron calls `runTestPage` with what the preload has exposed.
 */
export function runTestPage(wardmux, surface) {
  let hold = Promise.resolve();
  let release = () => {};
  const actions = {
    echo: ({ value }) => wardmux.send(JSON.stringify({ echo: value })),
    hold: () => {
      hold = new Promise((resolve) => (release = resolve));
    },
    release: () => release(),
    frame: ({ peer, size }) => wardmux.sendFrame(peer, new Uint8Array(size).fill(7)),
    send: ({ text, times = 1 }) => wardmux.send(text.repeat(times)),
  };
  wardmux.onMessage((text) => {
    const message = JSON.parse(text);
    actions[message.do]?.(message);
  });
  wardmux.onFrame(async (peer, bytes) => {
    await hold;
    wardmux.sendFrame(peer, bytes);
  });
  wardmux.send(JSON.stringify({ hello: surface }));
}

if (globalThis.document && globalThis.wardmux) runTestPage(globalThis.wardmux, globalThis.document.documentElement.dataset.surface);
