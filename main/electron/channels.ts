/** The names of the messages between preload and main. A page never sees them. */
export const channels = {
  /** Both ways: JSON text. */
  message: 'wardmux:message',
  /** Page to main: peer, bytes. Main to page: number of the frame, peer, bytes. */
  frame: 'wardmux:frame',
  /** Page to main: the number of a frame that the page has taken. */
  taken: 'wardmux:taken',
} as const;
