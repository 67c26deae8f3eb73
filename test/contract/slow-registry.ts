// Jobs that are loaded when the directory that SYNCD_TEST_LOADING names has a file `go`, as from a disk that is slow to answer.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const directory = process.env['SYNCD_TEST_LOADING'] ?? '';
writeFileSync(join(directory, 'loading'), '');
// Also where the directory is gone before anybody let it go.
while (existsSync(directory) && !existsSync(join(directory, 'go'))) await sleep(5);
if (existsSync(directory)) writeFileSync(join(directory, 'loading.done'), '');

export { jobs } from './worker-jobs.ts';
