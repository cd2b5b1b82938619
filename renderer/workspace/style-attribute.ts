/**
 * The emulator writes true colours, contrast corrections and search hits with setAttribute('style'), which the content
 * security policy refuses (style-src-attr). The same text through the CSSOM is allowed: no hole in the policy for it.
 * Only spans, which is what the emulator's rows are made of. Import it before the emulator.
 */
const { setAttribute } = Element.prototype;

HTMLSpanElement.prototype.setAttribute = function (this: HTMLSpanElement, name: string, value: string): void {
  if (name === 'style') this.style.cssText = value;
  else setAttribute.call(this, name, value);
};
