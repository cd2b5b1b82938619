/**
 * Comes and runs before the workspace's own script, which is a hundred times as large: meanwhile the core has the shells answer and the vault
 * rebuild the panes. What fails here fails in `Bridge.hello` too, which says so.
 */
import { sayHello } from '../shared/greeting.ts';

if (window.wardmux) sayHello(window.wardmux).catch(() => {});
