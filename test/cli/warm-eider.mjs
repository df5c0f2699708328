// Runs the command again and again in one process, which need not load all modules each time: a module that is imported
// under another name runs anew, and what it imports does not.

let runs = 0;

process.stdout.setMaxListeners(0);
process.stderr.setMaxListeners(0);
process.on('disconnect', () => process.exit());
process.on('message', async ({ main, args, env, mark }) => {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  process.argv = [process.argv[0], main, ...args];
  process.exitCode = undefined;
  await import(`file://${main}?${runs++}`);
  const code = process.exitCode ?? 0;
  process.exitCode = undefined;
  process.stdout.write(mark);
  process.stderr.write(mark, () => process.send({ code }));
});
