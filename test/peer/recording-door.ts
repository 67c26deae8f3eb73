// A folder that does nothing but say INDEX when a peer's session opens, and remember what it was told.
import { type FolderName, parseEpoch, parseFolderName, parseSequence } from '../../daemon/core/ids.ts';
import type { Acknowledgement, Announcement, FolderDoor, IndexOffer, PeerLink } from '../../daemon/ports/peers.ts';

export function folderName(text: string): FolderName {
  const name = parseFolderName(text);
  if (name === undefined) throw new Error(`no folder name: ${text}`);
  return name;
}

export function offer(epoch = 'AAAAAAAAAAAAAAAA'): IndexOffer {
  const parsed = { epoch: parseEpoch(epoch), seq: parseSequence(7) };
  if (parsed.epoch === undefined || parsed.seq === undefined) throw new Error('no epoch');
  return { epoch: parsed.epoch, seq: parsed.seq, entries: 3, have: undefined };
}

export function ack(): Acknowledgement {
  const { epoch, seq } = offer();
  return { epoch, received: seq, held: seq, skipped: 0, announced: seq };
}

export class RecordingDoor implements FolderDoor {
  readonly name: FolderName;
  /** `attach`, `detach`, `index`, `announce 2`, …: in the order of the calls. */
  readonly calls: string[] = [];
  readonly announced: Announcement[] = [];
  /** INDEX; false: it is being scanned for the first time. */
  says = true;
  /** Those that are attached now. */
  readonly links = new Set<PeerLink>();

  constructor(name: string) {
    this.name = folderName(name);
  }

  /** The one link that is attached. */
  get link(): PeerLink {
    const [link, more] = this.links;
    if (link === undefined || more !== undefined) throw new Error(`${this.links.size} links are attached`);
    return link;
  }

  attach(link: PeerLink): void {
    this.calls.push('attach');
    this.links.add(link);
    if (this.says) link.sendIndex(offer());
  }
  detach(link: PeerLink): void {
    this.calls.push('detach');
    this.links.delete(link);
  }
  onIndex(): void {
    this.calls.push('index');
  }
  onAnnounce(_link: PeerLink, announcements: readonly Announcement[]): void {
    this.calls.push(`announce ${announcements.length}`);
    this.announced.push(...announcements);
  }
  onAcknowledge(): void {
    this.calls.push('ack');
  }
  onRequest(): void {
    this.calls.push('request');
  }
  onAnswer(): void {
    this.calls.push('answer');
  }
  onRefused(): void {
    this.calls.push('refused');
  }
  onDrain(): void {
    this.calls.push('drain');
  }
}
