// syncd: argv. Runs when it is imported. What a run needs is loaded after its threads were begun, which load theirs meanwhile.
import { USAGE, parseArguments } from './arguments.ts';
import { collectInOneGo, keepYoungSmall } from './system/collector.ts';
import { WorkerPool } from './system/worker-pool.ts';
import { VERSION } from './version.ts';

let workers: WorkerPool | undefined;

async function main(): Promise<void> {
  process.umask(0o077);
  const parsed = parseArguments(process.argv.slice(2));
  switch (parsed.kind) {
    case 'help':
      process.stdout.write(USAGE);
      return;
    case 'version':
      process.stdout.write(`syncd ${VERSION}\n`);
      return;
    case 'check config': {
      const { checkConfig } = await import('./run.ts');
      checkConfig(parsed.options);
      process.stderr.write('the configuration is valid\n');
      return;
    }
    case 'run': {
      collectInOneGo();
      keepYoungSmall();
      workers = new WorkerPool({ size: 2 });
      workers.warm();
      const { run } = await import('./run.ts');
      await run(parsed.options, workers);
    }
  }
}

async function failed(error: unknown): Promise<never> {
  await workers?.close();
  const { fail } = await import('./fail.ts');
  return fail(error);
}

await main().catch(failed);
