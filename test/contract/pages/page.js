/**
 * A page for the contract tests: does what a message asks, and gives every frame back. The Chromium host loads it as a
 * module of a document; the fake of Electron calls `runTestPage` with what the preload has exposed.
 */
export function runTestPage(wardmux, surface) {
  let hold = Promise.resolve();
  let release = () => {};
  let around = 0;
  const actions = {
    echo: ({ value }) => wardmux.send(JSON.stringify({ echo: value })),
    hold: () => {
      hold = new Promise((resolve) => (release = resolve));
    },
    release: () => release(),
    frame: ({ peer, size }) => wardmux.sendFrame(peer, new Uint8Array(size).fill(7)),
    // A part of a larger memory, and how much came with the last frame.
    view: ({ peer }) => wardmux.sendFrame(peer, new Uint8Array(65536).fill(83).subarray(100, 157)),
    around: () => wardmux.send(JSON.stringify({ around })),
    send: ({ text, times = 1 }) => wardmux.send(text.repeat(times)),
  };
  wardmux.onMessage((text) => {
    const message = JSON.parse(text);
    actions[message.do]?.(message);
  });
  wardmux.onFrame(async (peer, bytes) => {
    around = bytes.buffer.byteLength;
    await hold;
    wardmux.sendFrame(peer, bytes);
  });
  wardmux.send(JSON.stringify({ hello: surface }));
}

if (globalThis.document && globalThis.wardmux) runTestPage(globalThis.wardmux, globalThis.document.documentElement.dataset.surface);
