/** Every band that can be opened: one line each, made from the files of this folder by test/docs/made.test.ts. */
export { alertsBand } from './alerts.tsx';
export { auditBand } from './audit.tsx';
export { confirm } from './confirm.tsx';
export { everyKey } from './keys.tsx';
export { exportOfRecording } from './export-recording.tsx';
export { exportQuestion } from './export.tsx';
export { keySlots } from './key-slots.tsx';
export { messageLog } from './messages.tsx';
export { paneMenu } from './pane-menu.tsx';
export { pasteQuestion } from './paste-question.tsx';
export { peopleBand } from './people.tsx';
export { policyBand } from './policy.tsx';
export { postureBand } from './posture.tsx';
export { prompt } from './prompt.tsx';
export { recordingsBand } from './recordings.tsx';
export { windowList } from './windows.tsx';
