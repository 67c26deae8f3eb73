// The messages of a session, one documented type each. This is the wire: what these become inside is made in
// daemon/peer/wire.ts. schemas.ts has a JSON schema for each; docs/protocol.md is generated from them.

/** [epoch, count] pairs, sorted by epoch. */
export type WireVector = readonly (readonly [epoch: string, count: number])[];

/** What signs a version: see «Versions» in docs/protocol.md. */
export interface WireVersion {
  readonly path: string;
  readonly vector: WireVector;
  /** Device ID of the device that made this version. */
  readonly origin: string;
  /** Epoch in which it was made. */
  readonly maker: string;
  /** Milliseconds; decides conflicts. */
  readonly stamp: number;
  /** Made on the folder's authority. */
  readonly mark: boolean;
}

export interface WireLost {
  readonly kind: 'file' | 'symlink';
  readonly sha256: string;
  readonly size: number;
  readonly origin: string;
  readonly stamp: number;
  /** What the version that won had seen, where it is known. */
  readonly over?: WireVector;
}

export interface WireFile extends WireVersion {
  readonly kind: 'file';
  readonly size: number;
  readonly sha256: string;
  readonly mode: number;
  /** Microseconds since 1970 as a decimal number in a string: larger than JSON numbers are exact. */
  readonly mtimeUs: string;
  readonly lost?: readonly WireLost[];
}
export interface WireDir extends WireVersion {
  readonly kind: 'dir';
  readonly mode: number;
  readonly lost?: readonly WireLost[];
}
export interface WireSymlink extends WireVersion {
  readonly kind: 'symlink';
  readonly target: string;
  readonly lost?: readonly WireLost[];
}
export type WireLive = WireFile | WireDir | WireSymlink;

/** The one setting that all devices of a folder hold: of two that differ the greater stamp holds, of equal ones the smaller `by`. */
export interface WireCommon {
  /** Device ID. */
  readonly authority: { readonly value: string; readonly stamp: number; readonly by: string };
  readonly conflict: { readonly value: string; readonly stamp: number; readonly by: string };
}

/** First on every session, from both sides, once. Nothing else is accepted before it (but JOIN, from an unpaired device). */
export interface Hello {
  readonly type: 'HELLO';
  /** Protocol versions that the sender speaks; the highest that both speak is used. */
  readonly protocol: { readonly min: number; readonly max: number };
  readonly program: string;
  /** The device's own name; the receiver keeps the one from pairing. */
  readonly name: string;
  /** Random for each start of a daemon: two live sessions of one key with different ones are twins. */
  readonly boot: string;
  /** The sender's wall clock, ms: only to tell people of clocks that differ. */
  readonly nowMs: number;
}

/** The one message of an unpaired device: an invitation's proof. Answered with JOINED or ERROR, then the session ends. */
export interface Join {
  readonly type: 'JOIN';
  /** The invitation's 128-bit secret, base32, 26 characters. It is sent only to the holder of the invitation's key. */
  readonly secret: string;
  readonly name: string;
  /** Asks what the invitation gives, and does not use it up. */
  readonly preview: boolean;
  /** With `preview`: also asks for the folders' digests. */
  readonly digests?: boolean;
  /** Where the joining device can be dialled, if it listens. */
  readonly address?: string;
}

/** What the invitation gives, or would give. The payload is the digests of the folders that have one, in their order. */
export interface Joined {
  readonly type: 'JOINED';
  readonly name: string;
  readonly folders: readonly {
    readonly name: string;
    /** What the joining device may do there. */
    readonly role: 'two-way' | 'edit-only' | 'read-only';
    /** Device ID. */
    readonly authority: string;
    readonly conflict: string;
    readonly files: number;
    readonly bytes: number;
    /** Bytes of the payload that are this folder's digest. Absent: none was asked for, or it would be too large. */
    readonly digest?: number;
  }[];
  readonly payload?: number;
}

/** Opens a folder on a session: what I am at, and what I have of yours. The answer is all that came after. */
export interface Index {
  readonly type: 'INDEX';
  readonly folder: string;
  readonly epoch: string;
  readonly seq: number;
  /** What the sender calls the present run of its index. */
  readonly run?: string;
  readonly entries: number;
  readonly have?: { readonly epoch: string; readonly seq: number; readonly run?: string };
  /** What the receiver may do in this folder, as far as the sender is concerned. Absent: everything. */
  readonly role?: 'two-way' | 'edit-only' | 'read-only';
  readonly common?: WireCommon;
  /** The sender asks for every content: none is to come along with announcements. */
  readonly asks?: boolean;
  /** The sender takes contents packed with zstd; absent: only as they are. */
  readonly zstd?: boolean;
  /** The sender takes one range as several answers; absent: only as one. */
  readonly parts?: boolean;
  /** The sender is in its first scan: more will be announced, and INDEX is said again when it is over. */
  readonly scanning?: boolean;
  /** The sender has not had the receiver's INDEX on this session: answer with it. */
  readonly reply: boolean;
}

/** A file, directory or link as the sender holds it. A small file's whole content may be the payload. */
export interface FileUpdate {
  readonly type: 'FILE_UPDATE';
  readonly folder: string;
  readonly seq: number;
  readonly record: WireLive;
  /** The payload is packed: unpacked it is as long as the record says. */
  readonly zstd?: boolean;
  /** Bytes that follow the JSON. Absent: no content here. */
  readonly payload?: number;
}

/** A tombstone. */
export interface FileDelete {
  readonly type: 'FILE_DELETE';
  readonly folder: string;
  readonly seq: number;
  readonly record: WireVersion;
  /** The deletion was held, and its maker approved it then, in ms: all with the same one are one change. */
  readonly hold?: number;
}

/** A tombstone and the record that its content became, made in one step: rename instead of transfer. `to` has the sequence `seq`, `from` has `fromSeq`. */
export interface FileMove {
  readonly type: 'FILE_MOVE';
  readonly folder: string;
  readonly fromSeq: number;
  readonly seq: number;
  readonly from: WireVersion;
  readonly to: WireLive;
}

/** Asks for a file's manifest, or for bytes of it. Folder, path and hash must all be in the answering index. */
export interface ChunkRequest {
  readonly type: 'CHUNK_REQUEST';
  readonly folder: string;
  readonly request: number;
  readonly path: string;
  readonly sha256: string;
  readonly want: 'manifest' | 'bytes';
  /** Which folder's contents go first; absent: normal. */
  readonly priority?: 'high' | 'normal' | 'low';
  /** For `manifest`: only what its groups are. Who does not know this answers with the whole. */
  readonly outline?: boolean;
  /** For `manifest`, after its outline: [first, count] pairs of groups, of which the chunks are wanted. */
  readonly groups?: readonly (readonly [first: number, count: number])[];
  /** [offset, length] pairs, for `bytes`. */
  readonly ranges?: readonly (readonly [offset: number, length: number])[];
}

/** An answer: a manifest, one of the ranges asked for, `gone` when the file is no longer as the request says, or `later`. */
export interface Chunk {
  readonly type: 'CHUNK';
  readonly folder: string;
  readonly request: number;
  readonly what: 'manifest' | 'bytes' | 'gone' | 'later';
  readonly offset?: number;
  /** Bytes of the file, where these are a part of the range that was asked for. */
  readonly length?: number;
  /** The payload is the outline that was asked for. Absent: chunks. */
  readonly outline?: boolean;
  /** The payload is packed: unpacked it is as long as the range, or as `length` says. */
  readonly zstd?: boolean;
  readonly payload?: number;
}

/** How far the sender has got with the receiver's announcements: received is in its index, held is on its disk (or named as skipped). */
export interface Ack {
  readonly type: 'ACK';
  readonly folder: string;
  readonly epoch: string;
  readonly received: number;
  readonly held: number;
  readonly skipped: number;
  /** The sender's own sequence up to which it has nothing left to announce. */
  readonly announced: number;
}

export interface Ping {
  readonly type: 'PING';
  readonly id: number;
}
export interface Pong {
  readonly type: 'PONG';
  readonly id: number;
}

export interface WireRefused {
  /** The receiver's sequence. */
  readonly seq: number;
  /** The sender holds something else at the path; else nothing. */
  readonly held: boolean;
}

/** Something was refused. With `fatal` the sender ends the session. */
export interface ErrorMessage {
  readonly type: 'ERROR';
  readonly code: string;
  readonly message: string;
  readonly folder?: string;
  /** With E_ROLE: what of the receiver's announcements is not taken, and not answered with what the sender holds. */
  readonly refused?: readonly WireRefused[];
  readonly fatal: boolean;
}

export type Message =
  | Hello
  | Join
  | Joined
  | Index
  | FileUpdate
  | FileDelete
  | FileMove
  | ChunkRequest
  | Chunk
  | Ack
  | Ping
  | Pong
  | ErrorMessage;
export type MessageType = Message['type'];

/** A message with the bytes that follow its JSON. */
export interface Frame {
  readonly message: Message;
  readonly payload: Uint8Array | undefined;
}
