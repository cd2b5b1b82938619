/** An export of a recording that somebody looked at, or of somebody else’s by an auditor. Leaving it leads back to the recordings. */
import type { JSX } from 'preact';
import { givenReasons } from '../../../src/types/words.ts';
import { messages } from '../../shared/messages.ts';
import type { Controller } from '../controller.ts';
import { ExportSteps } from '../export/steps.tsx';
import * as model from '../model.ts';
import { band } from './band.tsx';

export const exportOfRecording = band('export-recording', { words: ['recording', 'title'], may: ['whose', 'reason', 'keyFile'] }, ExportRecording);

interface Props {
  readonly controller: Controller;
  readonly recording: string;
  readonly title: string;
  /** Of somebody else’s, whose it is. */
  readonly whose?: string;
  /** Why it was looked at and where the audit key lies, where it was looked at with one. */
  readonly reason?: string;
  readonly keyFile?: string;
}

function ExportRecording({ controller, recording, title, whose, reason, keyFile }: Props): JSX.Element {
  const back = (): void => {
    model.band.value = { name: 'recordings' };
  };
  const others = whose === undefined ? undefined : { reason: givenReasons.find((word) => word === reason), keyFile };
  const what = whose === undefined ? messages.export.whatRecording(recording, title) : messages.export.whatOthers(recording, whose);
  return <ExportSteps controller={controller} of={{ recording, others }} what={what} onClose={back} />;
}
