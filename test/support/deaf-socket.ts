import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Node cannot listen with a backlog of none and accept nobody. */
const code = `import os, socket, sys
os.umask(0o177)
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(0)
waiting = []
try:
    while True:
        waiting.append(socket.socket(socket.AF_UNIX))
        waiting[-1].setblocking(False)
        waiting[-1].connect(sys.argv[1])
except BlockingIOError:
    print('full', flush=True)
sys.stdin.read()`;

/** Another process of this account that listens at `at`, has filled its own backlog and accepts nobody: whoever connects gets EAGAIN. */
export async function deafSocket(at: string): Promise<ChildProcess> {
  const child = spawn('python3', ['-c', code, at], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}
