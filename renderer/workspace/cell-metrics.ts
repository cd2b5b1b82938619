/**
 * The emulator derives its cell from one measured letter, and the browser's advance is quantised: 7.997 instead of 8 px at
 * 13.333 px, a whole pixel off after 157 columns. A cell is --c by definition, so the measurement snaps to it; the emulator
 * then spaces its letters to the cell. Import it before the emulator.
 */
import { cellSize } from '../shared/cell.ts';

/** Further off than this is another font: then the measurement stands, and letter spacing mends what it can. */
const sameFont = 0.02;

const { measureText } = OffscreenCanvasRenderingContext2D.prototype;

OffscreenCanvasRenderingContext2D.prototype.measureText = function (this: OffscreenCanvasRenderingContext2D, text: string): TextMetrics {
  const metrics = measureText.call(this, text);
  const { c } = cellSize();
  if (text !== 'W' || Math.abs(metrics.width / c - 1) > sameFont) return metrics;
  const { fontBoundingBoxAscent, fontBoundingBoxDescent } = metrics;
  return { width: c, fontBoundingBoxAscent, fontBoundingBoxDescent } as TextMetrics;
};
