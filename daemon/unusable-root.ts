// Why a directory cannot be a folder's, and what to type so that it can: as a service the daemon sees less than the person
// who asks, and is another user.
import { CodedError } from '../protocol/errors.ts';
import { rootCode } from './disk/errno.ts';
import type { ServiceUnit } from '../protocol/service-unit.ts';
import type { Sandboxed } from './system/sandbox.ts';
import { type Surroundings, surroundingsOf } from './system/surroundings.ts';

/** What a shell and a unit take as it is. */
const PLAIN = /^[A-Za-z0-9_./@+=,-]+$/;

/**
 * What only this service sees must hold no folder, and no copy that is made for somebody. A daemon that was started by hand
 * in another service shares the /tmp of who started it. E_FOLDER_PATH.
 */
export function refusePrivate(path: string, what: 'folder' | 'copy', { unit, sandboxed }: Surroundings): void {
  if (unit === undefined || sandboxed !== 'private') return;
  const why = `the service has its own /tmp, where nobody else would see the ${what} (PrivateTmp=)`;
  throw new CodedError('E_FOLDER_PATH', `${path}: ${why}`, 'Choose a path elsewhere, such as /srv.');
}

/** What is made at this path is made by the service, and is to be seen by who asked for it. E_FOLDER_PATH. */
export function checkCopy(path: string, around: Surroundings = surroundingsOf(path)): void {
  refusePrivate(path, 'copy', around);
  const { unit, sandboxed } = around;
  if (unit === undefined || sandboxed === undefined) return;
  const hint = 'Choose a path where the service writes, such as one below /srv/syncd, and move it from there.';
  throw new CodedError('E_FOLDER_PATH', `${path}: ${keptFrom(unit, sandboxed)}`, hint);
}

/** E_FOLDER_PATH; undefined for an error that is not the path's. */
export function refusalOf(path: string, name: string, error: unknown, around: Surroundings): CodedError | undefined {
  const code = rootCode(error);
  if (code === undefined || error instanceof CodedError) return error instanceof CodedError ? error : undefined;
  const { unit, sandboxed } = around;
  const reason = error instanceof Error ? error.message : String(error);
  const refusal = (why: string, hint?: string): CodedError =>
    new CodedError('E_FOLDER_PATH', `${path} cannot be the directory of ${name}: ${why}`, hint);
  if (unit !== undefined && sandboxed === 'hidden')
    return refusal(keptFrom(unit, sandboxed), dropIn(unit, name, ['ProtectHome=tmpfs', `BindPaths=-${path}`], path));
  if (unit !== undefined && sandboxed === 'locked')
    return refusal(keptFrom(unit, sandboxed), dropIn(unit, name, [`ReadWritePaths=-${path}`], path));
  return code === 'E_ACCESS' ? refusal(reason, rights(path, around, reason.startsWith('mkdir /'))) : refusal(reason);
}

function keptFrom({ name }: ServiceUnit, sandboxed: Sandboxed): string {
  return sandboxed === 'hidden'
    ? `${name} does not see it (ProtectHome=)`
    : `${name} may not write there (ProtectSystem=)`;
}

function dropIn({ name: unit, ofUser }: ServiceUnit, folder: string, lines: readonly string[], path: string): string {
  if (!PLAIN.test(path) || ofUser)
    return `In a drop-in of ${unit} (systemctl edit), below [Service]: ${lines.join(' and ')}.`;
  const directory = `/etc/systemd/system/${unit}.d`;
  const text = ['[Service]', ...lines].map((line) => `${line}\\n`).join('');
  const steps = [
    `sudo mkdir -p ${path} ${directory}`,
    `printf '${text}' | sudo tee ${directory}/${folder}.conf`,
    `sudo systemctl daemon-reload`,
    `sudo systemctl restart ${unit}`,
  ];
  return `${steps.join(' && ')}; then again.`;
}

/** Nobody's files are taken away: only what is root's, as a directory made for the folder is, is given to the daemon. */
function rights(path: string, { user, unit, owner }: Surroundings, isMissing: boolean): string {
  if (!PLAIN.test(path)) return `The daemon runs as the user ${user}, who must be able to read and write there.`;
  if (isMissing) return `The daemon runs as ${user}: sudo install -d -o ${user} -g ${user} ${path}; then again.`;
  if (owner === 0) return `The daemon runs as ${user}: sudo chown -R ${user}: ${path}; then again.`;
  const own =
    unit?.name === 'syncd.service' && !unit.ofUser ? ' Or let the daemon of its owner keep it: syncd@OWNER.' : '';
  const acl = `sudo setfacl -R -m u:${user}:rwX,d:u:${user}:rwX ${path}`;
  return `The daemon runs as ${user}: ${acl}; then again (setfacl is of the package acl).${own}`;
}
