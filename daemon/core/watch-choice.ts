// How a folder's changes are noticed: by inotify, or by scanning alone where others change the files behind this machine's
// back, of which inotify never tells.

/** Types of mounts whose files other machines change: of a network, of a cluster, or shared with the host of a virtual machine. */
const SHARED = new Set(
  [
    '9p',
    'afs',
    'beegfs',
    'ceph',
    'cifs',
    'coda',
    'davfs',
    'gfs2',
    'glusterfs',
    'lustre',
    'ncpfs',
    'nfs',
    'nfs4',
  ].concat(['ocfs2', 'orangefs', 'prl_fs', 'smb3', 'smbfs', 'vboxsf', 'virtiofs', 'vmhgfs', 'fuse']),
);

/** Kinds of FUSE through which alone their files are changed, so that inotify tells of all. All others may be a network. */
const OWN_FUSE = new Set([
  'fuseblk', // a disk of this machine: ntfs-3g, exfat
  'fuse.cryfs', // encrypted below: nobody can change that but through it
  'fuse.encfs',
  'fuse.gocryptfs',
  'fuse.fuse-overlayfs', // the layers of a container belong to it
  'fuse.snapfuse', // a file of this machine
  'fuse.squashfuse',
]);

/** Whether files on a mount of this type can change without inotify telling. */
export function isSharedFileSystem(type: string): boolean {
  if (OWN_FUSE.has(type)) return false;
  return SHARED.has(type) || type.startsWith('fuse.');
}

export type WatchChoice =
  | { readonly kind: 'inotify' }
  /** `fileSystem`: because it is of this type; undefined: it was set. */
  | { readonly kind: 'poll'; readonly fileSystem: string | undefined };

/** @param fileSystem type of the mount that the root is on; undefined: nobody can say */
export function chooseWatch(watch: 'auto' | 'inotify' | 'poll', fileSystem: string | undefined): WatchChoice {
  if (watch === 'poll') return { kind: 'poll', fileSystem: undefined };
  if (watch === 'inotify' || fileSystem === undefined || !isSharedFileSystem(fileSystem)) return { kind: 'inotify' };
  return { kind: 'poll', fileSystem };
}
