// Pairing: an invitation made, looked at and accepted. What it takes between two devices is in peer/.
import { CodedError } from '../../protocol/errors.ts';
import type { Asked, Invitation, JoinAnswer, JoinPreview } from '../../protocol/control.ts';
import type { Role } from '../core/settings.ts';
import type { ControlledDaemon, FolderComparison, JoinOffer } from './daemon-port.ts';
import { folderName } from './find.ts';
import { type JoinPlace, placeFolders } from './join-places.ts';
import { rfc3339 } from './rfc3339.ts';

export const ROLES: readonly Role[] = ['two-way', 'edit-only', 'read-only'];
const DEFAULT_EXPIRY_S = 3600;
/** The longest life of an invitation: 30 days. One that lies about for longer is forgotten, and found. */
export const MAX_EXPIRY_S = 30 * 86_400;

export async function invite(
  daemon: ControlledDaemon,
  asked: Omit<Asked<'invite'>, 'role'> & { readonly role: Role | undefined },
): Promise<Invitation> {
  if (asked.folders.length === 0) throw new CodedError('E_USAGE', 'folders: missing', 'Name the folders to share.');
  const folders = [...new Set(asked.folders.map(folderName))];
  const role = asked.role ?? 'two-way';
  const made = await daemon.pairing.invite({
    folders,
    role,
    private: asked.private ?? false,
    expiresMs: (asked.expires_s ?? DEFAULT_EXPIRY_S) * 1000,
    addresses: asked.addresses ?? [],
  });
  return {
    invitation: made.text,
    folders,
    role,
    private: asked.private ?? false,
    expires: rfc3339(made.expiresAtMs),
  };
}

/** What `join` would do; the invitation stays good. */
export async function previewJoin(
  daemon: ControlledDaemon,
  asked: Asked<'previewJoin'>,
  signal: AbortSignal,
): Promise<JoinPreview> {
  const { offer, places } = await prepare(daemon, asked);
  const [invitation, quick] = [asked.invitation.trim(), asked.quick ?? false];
  const comparisons = await daemon.pairing.compareJoin({ invitation, offer, places, quick, signal });
  const { peer, folders } = answer(offer, places);
  const byOffered = new Map<string, FolderComparison>(comparisons);
  return { peer, folders: folders.map((one) => ({ ...one, comparison: shown(byOffered.get(one.offered)) })) };
}

function shown(comparison: FolderComparison | undefined): JoinPreview['folders'][number]['comparison'] {
  if (comparison === undefined) return null;
  const { receiveBytes, ...counts } = comparison;
  return { ...counts, receive_bytes: receiveBytes };
}

export async function join(daemon: ControlledDaemon, asked: Asked<'join'>): Promise<JoinAnswer> {
  const { places } = await prepare(daemon, asked);
  return answer(await daemon.pairing.join(asked.invitation.trim(), places), places);
}

async function prepare(
  daemon: ControlledDaemon,
  asked: Asked<'join'>,
): Promise<{ readonly offer: JoinOffer; readonly places: readonly JoinPlace[] }> {
  const offer = await daemon.pairing.previewJoin(asked.invitation.trim());
  const offered = offer.folders.map((folder) => folder.name);
  return {
    offer,
    places: placeFolders(offered, daemon.folderSettings(), {
      inviter: offer.id,
      path: asked.path,
      cwd: asked.cwd,
      as: asked.as,
    }),
  };
}

function answer(offer: JoinOffer, places: readonly JoinPlace[]): JoinAnswer {
  return {
    peer: { id: offer.id, name: offer.name },
    // One place each, in their order.
    folders: offer.folders.flatMap(({ name, role, files, bytes }, i) => {
      const place = places[i];
      if (place === undefined) return [];
      return [{ name: place.name, offered: name, path: place.path, exists: place.exists, role, files, bytes }];
    }),
  };
}
