/**
 * What Wardmux says to its browser and hears from it: every command with what goes and what comes, every event, as far as it is
 * used here. What comes is checked at run time. The names are those of the DevTools protocol
 * (https://chromedevtools.github.io/devtools-protocol/tot/).
 */
import { z } from 'zod';

/** Lets every kind of target through: the protocol's own default hides the developer tools. */
type TargetFilter = readonly { readonly type?: string; readonly exclude?: boolean }[];

/** What goes with each command. */
export interface CommandParams {
  'Browser.close': undefined;
  'Browser.getWindowForTarget': { readonly targetId: string };
  'Browser.grantPermissions': { readonly origin: string; readonly permissions: readonly string[] };
  'Browser.setDownloadBehavior': { readonly behavior: 'deny'; readonly eventsEnabled: boolean };
  'Browser.setWindowBounds': {
    readonly windowId: number;
    readonly bounds: { readonly windowState?: 'normal' | 'maximized'; readonly left?: number; readonly top?: number };
  };
  'Emulation.setDefaultBackgroundColorOverride': { readonly color: { readonly r: number; readonly g: number; readonly b: number; readonly a: number } };
  'Emulation.setScriptExecutionDisabled': { readonly value: true };
  'Emulation.setDeviceMetricsOverride': { readonly width: number; readonly height: number; readonly deviceScaleFactor: number; readonly mobile: boolean };
  'Fetch.enable': { readonly patterns: readonly { readonly urlPattern: string }[] };
  'Fetch.failRequest': { readonly requestId: string; readonly errorReason: 'Aborted' | 'AccessDenied' };
  'Fetch.fulfillRequest': {
    readonly requestId: string;
    readonly responseCode: number;
    readonly responseHeaders: readonly { readonly name: string; readonly value: string }[];
    readonly body: string;
  };
  'Input.dispatchKeyEvent': { readonly type: 'char'; readonly text: string; readonly unmodifiedText: string };
  'Page.addScriptToEvaluateOnNewDocument': { readonly source: string };
  'Page.bringToFront': undefined;
  'Page.captureScreenshot': {
    readonly format: 'png';
    readonly clip: { readonly x: number; readonly y: number; readonly width: number; readonly height: number; readonly scale: number };
  };
  'Page.enable': undefined;
  'Page.getFrameTree': undefined;
  'Page.handleJavaScriptDialog': { readonly accept: false };
  'Page.navigate': { readonly url: string };
  'Page.printToPDF': {
    readonly printBackground: boolean;
    readonly preferCSSPageSize: boolean;
    readonly generateTaggedPDF: boolean;
    readonly transferMode: 'ReturnAsBase64';
  };
  'Page.removeScriptToEvaluateOnNewDocument': { readonly identifier: string };
  'Page.resetNavigationHistory': undefined;
  'Page.setDocumentContent': { readonly frameId: string; readonly html: string };
  'Page.setInterceptFileChooserDialog': { readonly enabled: boolean };
  'Runtime.addBinding': { readonly name: string };
  'Runtime.enable': undefined;
  'Runtime.evaluate': {
    readonly expression: string;
    readonly returnByValue: true;
    readonly awaitPromise?: boolean;
    readonly silent?: boolean;
    readonly userGesture?: boolean;
  };
  'Runtime.runIfWaitingForDebugger': undefined;
  'Storage.clearDataForOrigin': { readonly origin: string; readonly storageTypes: 'all' };
  'SystemInfo.getProcessInfo': undefined;
  'Target.attachToTarget': { readonly targetId: string; readonly flatten: true };
  'Target.closeTarget': { readonly targetId: string };
  'Target.getTargets': { readonly filter: TargetFilter };
  'Target.setAutoAttach': { readonly autoAttach: boolean; readonly waitForDebuggerOnStart: boolean; readonly flatten: true; readonly filter?: TargetFilter };
  'Target.setDiscoverTargets': { readonly discover: boolean; readonly filter: TargetFilter };
}
export type CommandName = keyof CommandParams;

const nothing = z.object({});
const targetInfo = z.object({ targetId: z.string(), type: z.string(), url: z.string() });
export type TargetInfo = z.infer<typeof targetInfo>;

/** What comes back. Fields that nobody here reads are not looked at. */
export const results = {
  'Browser.close': nothing,
  'Browser.getWindowForTarget': z.object({
    windowId: z.number(),
    bounds: z.object({
      left: z.int().optional(),
      top: z.int().optional(),
      width: z.int().optional(),
      height: z.int().optional(),
      windowState: z.string().optional(),
    }),
  }),
  'Browser.grantPermissions': nothing,
  'Browser.setDownloadBehavior': nothing,
  'Browser.setWindowBounds': nothing,
  'Emulation.setDefaultBackgroundColorOverride': nothing,
  'Emulation.setDeviceMetricsOverride': nothing,
  'Emulation.setScriptExecutionDisabled': nothing,
  'Fetch.enable': nothing,
  'Fetch.failRequest': nothing,
  'Fetch.fulfillRequest': nothing,
  'Input.dispatchKeyEvent': nothing,
  'Page.addScriptToEvaluateOnNewDocument': z.object({ identifier: z.string() }),
  'Page.bringToFront': nothing,
  'Page.captureScreenshot': nothing,
  'Page.enable': nothing,
  'Page.getFrameTree': z.object({ frameTree: z.object({ frame: z.object({ id: z.string() }) }) }),
  'Page.handleJavaScriptDialog': nothing,
  'Page.navigate': z.object({ errorText: z.string().optional() }),
  'Page.printToPDF': z.object({ data: z.string() }),
  'Page.removeScriptToEvaluateOnNewDocument': nothing,
  'Page.resetNavigationHistory': nothing,
  'Page.setDocumentContent': nothing,
  'Page.setInterceptFileChooserDialog': nothing,
  'Runtime.addBinding': nothing,
  'Runtime.enable': nothing,
  'Runtime.evaluate': z.object({ result: z.object({ value: z.unknown().optional() }) }),
  'Runtime.runIfWaitingForDebugger': nothing,
  'Storage.clearDataForOrigin': nothing,
  'SystemInfo.getProcessInfo': z.object({ processInfo: z.array(z.object({ type: z.string(), id: z.int().positive() })) }),
  'Target.attachToTarget': z.object({ sessionId: z.string() }),
  'Target.closeTarget': nothing,
  'Target.getTargets': z.object({ targetInfos: z.array(targetInfo) }),
  'Target.setAutoAttach': nothing,
  'Target.setDiscoverTargets': nothing,
} satisfies Record<CommandName, z.ZodType>;
export type Result<Name extends CommandName> = z.infer<(typeof results)[Name]>;

/** What the browser tells by itself. */
export const events = {
  'Browser.downloadWillBegin': nothing,
  'Fetch.requestPaused': z.object({ requestId: z.string(), request: z.object({ url: z.string(), method: z.string() }), resourceType: z.string() }),
  'Inspector.targetCrashed': nothing,
  'Inspector.detached': z.object({ reason: z.string() }),
  'Page.domContentEventFired': nothing,
  'Page.fileChooserOpened': nothing,
  'Page.javascriptDialogOpening': nothing,
  'Runtime.bindingCalled': z.object({ name: z.string(), payload: z.string() }),
  'Target.attachedToTarget': z.object({ sessionId: z.string(), targetInfo }),
  'Target.targetCreated': z.object({ targetInfo }),
  'Target.targetDestroyed': z.object({ targetId: z.string() }),
  'Target.targetInfoChanged': z.object({ targetInfo }),
};
export type EventName = keyof typeof events;
export type EventParams<Name extends EventName> = z.infer<(typeof events)[Name]>;
