/**
 * The emulator's renderer draws at every resize what it has drawn as selected last, also when that is no longer selected:
 * what somebody has copied came back, bright, with the next split. This has it forget what is gone. It takes hold of inner
 * parts of @xterm/xterm 6.0.0; where one is missing, the view goes on as it was.
 */
import type { Terminal } from '@xterm/xterm';

type Point = readonly [number, number] | undefined;

interface Inner {
  readonly _core?: {
    readonly _renderService?: {
      readonly _renderer?: {
        readonly value?: {
          handleSelectionChanged?: (start: Point, end: Point, columns: boolean) => void;
          readonly _selectionRenderModel?: { selectionStart: Point; selectionEnd: Point };
        };
      };
    };
  };
}

/** Call it once, after the terminal was opened. */
export function forgetSelection(terminal: Terminal): void {
  const renderer = (terminal as unknown as Inner)._core?._renderService?._renderer?.value;
  const drawn = renderer?._selectionRenderModel;
  const draw = renderer?.handleSelectionChanged?.bind(renderer);
  if (!renderer || !drawn || !draw) return;
  renderer.handleSelectionChanged = (start, end, columns) => {
    if (!start || !end) drawn.selectionStart = drawn.selectionEnd = undefined;
    draw(start, end, columns);
  };
}
