/** What every step of the first run is made of. */
import type { ComponentChildren, JSX } from 'preact';

/** A heading over one or two lines, its paragraph, and what follows. */
export function StepHead({ heading, children }: { readonly heading: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <>
      <h1 class="x3">
        {heading.split('\n').map((line, i) => (
          <span key={line}>
            {i > 0 ? <br /> : null}
            {line}
          </span>
        ))}
      </h1>
      <p class="measure dim gap">{children}</p>
    </>
  );
}

/** Return goes on to the next step. */
export function Form({ children, onSubmit }: { readonly children: ComponentChildren; readonly onSubmit: () => void }): JSX.Element {
  return (
    <form
      novalidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}
