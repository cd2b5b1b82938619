/** An export of a pane's recording. */
import type { JSX } from 'preact';
import { messages } from '../../shared/messages.ts';
import type { Controller } from '../controller.ts';
import { ExportSteps } from '../export/steps.tsx';
import { band } from './band.tsx';
import { close, titleOf } from './parts.tsx';

export const exportQuestion = band('export', { pane: true }, Export);

function Export({ controller, pane }: { readonly controller: Controller; readonly pane: number }): JSX.Element {
  const { number, title } = titleOf(pane);
  return <ExportSteps controller={controller} of={{ pane }} what={messages.export.what(number, title)} onClose={close} />;
}
