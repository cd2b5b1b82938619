/** An export of a recording that somebody looked at. Leaving it leads back to the recordings. */
import type { JSX } from 'preact';
import { messages } from '../../shared/messages.ts';
import type { Controller } from '../controller.ts';
import { ExportSteps } from '../export/steps.tsx';
import * as model from '../model.ts';
import { band } from './band.tsx';

export const exportOfRecording = band('export-recording', { words: ['recording', 'title'] }, ExportRecording);

interface Props {
  readonly controller: Controller;
  readonly recording: string;
  readonly title: string;
}

function ExportRecording({ controller, recording, title }: Props): JSX.Element {
  const back = (): void => {
    model.band.value = { name: 'recordings' };
  };
  return <ExportSteps controller={controller} of={{ recording }} what={messages.export.whatRecording(recording, title)} onClose={back} />;
}
