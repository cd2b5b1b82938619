/** A click on the chrome acts and leaves the focus in the terminal; the keyboard still reaches every button. */
export const keepFocus = (event: MouseEvent): void => event.preventDefault();
