// Starts `eider serve` on free ports with the accounts bench1 .. bench10 (password "secret") in an empty folder, and
// prints the options that a benchmark over the wire needs. Ends with the server when its input ends or on SIGTERM.
//
//   node bench/serve.mjs FOLDER [ATTACHMENTS_FOLDER]

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const [folder, attachments] = process.argv.slice(2);
if (!folder) throw new Error('usage: node bench/serve.mjs FOLDER [ATTACHMENTS_FOLDER]');
mkdirSync(folder, { recursive: true });
const store = ['--data', folder, ...(attachments ? ['--attachments', attachments] : [])];

for (let n = 1; n <= 10; n++) {
  execFileSync(process.execPath, [cli, 'account', 'add', `bench${n}`, '--password', 'secret', ...store], {
    stdio: 'ignore',
  });
}

const args = [
  cli,
  'serve',
  ...store,
  '--imap',
  '0',
  '--lmtp',
  '0',
  '--insecure-auth',
  '--ready-json',
  '--no-rate-limits',
];
const nodeOptions = process.env.BENCH_NODE_OPTIONS?.split(' ') ?? [];
const server = spawn(process.execPath, [...nodeOptions, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
server.stdout.once('data', (line) => {
  const ports = JSON.parse(String(line));
  console.log(`--imap ${ports.imap} --lmtp ${ports.lmtp} --pids ${server.pid} --data ${folder}`);
});
server.on('exit', (code) => process.exit(code ?? 1));
process.on('SIGTERM', () => server.kill('SIGTERM'));
process.on('SIGINT', () => server.kill('SIGINT'));
