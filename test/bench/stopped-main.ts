/** The app in a process of its own, which the bench stops. Arguments: the folder, the data folder, the display. Says what it hears to its parent. */
import { startApp } from './app.ts';

const [folder, home, display] = process.argv.slice(2);
const app = await startApp(folder!, home!, { headless: false, display: display! });
export interface Said {
  readonly surface: string | undefined;
  readonly lockPage: boolean;
  readonly lease: number;
}
const timer = setInterval(() => process.send!({ surface: app.surface, lockPage: app.lockPage, lease: app.lease } satisfies Said), 10);
process.on('SIGTERM', () => {
  clearInterval(timer);
  void app.stop().then(() => process.exit(0));
});
