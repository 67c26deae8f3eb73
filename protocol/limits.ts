// Every limit of the wire, with its reason and what happens beyond it.

/** The JSON of one frame: 1 MiB; the longest honest one (4,096-byte path, 256 vector entries) is below 64 KiB. Beyond: E_FRAME_TOO_LARGE, the session ends. */
export const MAX_JSON_BYTES = 1 << 20;
/** The payload of one frame: 4 MiB; the largest chunk fits eight times. Beyond: E_FRAME_TOO_LARGE, the session ends. */
export const MAX_PAYLOAD_BYTES = 4 << 20;
/** One WebSocket message: a train of frames. Beyond: the session ends. */
export const MAX_MESSAGE_BYTES = 8 << 20;
/** Frames in one message: bounds the work of one turn. Beyond: E_PROTOCOL, the session ends. */
export const MAX_FRAMES_PER_MESSAGE = 4096;
/** Nesting of a frame's JSON; the deepest honest one has 4. Beyond: E_PROTOCOL. */
export const MAX_JSON_DEPTH = 32;
/** Content that travels inside FILE_UPDATE: what one small write costs anyway. Larger files are asked for. */
export const MAX_INLINE_BYTES = 64 << 10;
/** Ranges in one CHUNK_REQUEST. Beyond: E_PROTOCOL. */
export const MAX_RANGES = 256;
/** Bytes that one range may ask for: one payload. */
export const MAX_RANGE_BYTES = MAX_PAYLOAD_BYTES;
/** An unpaired device sends one JOIN, at most this long. Beyond: the connection ends. */
export const MAX_JOIN_BYTES = 4 << 10;
/** Wrong JOIN secrets a source address in a minute. Beyond: they are refused without a line in the log. */
export const MAX_WRONG_JOINS_PER_MINUTE = 3;
/** TLS handshake and first message: 10 s from accept, so that a stalled stranger holds nothing for long. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Connections that have not proved who they are. Beyond: the oldest of the source that has most is closed, so that no source keeps others out. */
export const MAX_STRANGERS = 64;
/** Bytes of a folder's digest in JOINED; together they are one payload: 262,144 files and links. Beyond: the folder is offered without one. */
export const MAX_DIGEST_BYTES = MAX_PAYLOAD_BYTES;
/** Answers with digests in a minute: each is kept until it is sent. Beyond: JOINED comes without any. */
export const MAX_DIGESTS_PER_MINUTE = 8;
/** Making digests, and their way over a slow link. Beyond: the connection ends; the joining device asks again without. */
export const DIGEST_TIMEOUT_MS = 60_000;
/** PING is sent this often while a session is open. */
export const PING_INTERVAL_MS = 10_000;
/** PINGs at the beginning of a session that follow one another soon: the first answers find both ends cold. */
export const EARLY_PINGS = 5;
/** Each of them is sent so long after the answer to the one before. */
export const EARLY_PING_INTERVAL_MS = 200;
/** A peer from which nothing came for so long is gone. */
export const SILENCE_TIMEOUT_MS = 28_000;
/** Bytes queued on a link above which nothing more is given to it (high mark). */
export const QUEUE_HIGH_BYTES = 1 << 20;
/** Bytes queued on a link at which the peer is dropped with E_PEER_SLOW: it reads nothing. */
export const QUEUE_HARD_BYTES = 12 << 20;
/** Names of devices, programs and the like. */
export const MAX_NAME_LENGTH = 64;
/** Folders on one session. Beyond: INDEX is refused with E_PROTOCOL. */
export const MAX_FOLDERS = 1024;
/** Entries in one version vector: makers of one path. Beyond: E_PROTOCOL. */
export const MAX_VECTOR_ENTRIES = 256;
/** Losers named in one record; more are in the version stores all the same. Beyond: E_PROTOCOL. */
export const MAX_LOST = 8;
/** Entries of the vector that a loser lost against; where it has more it is left out. Beyond: E_PROTOCOL. */
export const MAX_OVER = 16;
/** A path, or the target of a link: what Linux takes. Beyond: E_PROTOCOL. */
export const MAX_PATH_LENGTH = 4096;
/** The name of a folder, with the device before it for a private one. Beyond: E_PROTOCOL. */
export const MAX_FOLDER_NAME_LENGTH = 127;
/** Text in ERROR, for people: a path and a sentence. Longer ones are cut before they are sent. Beyond: E_PROTOCOL. */
export const MAX_ERROR_LENGTH = 8192;
/** Refused records named in one ERROR; more are named in further ones. Beyond: E_PROTOCOL. */
export const MAX_REFUSED = 1024;
/** An address in JOIN: a host name has 253 characters at most. Beyond: E_PROTOCOL. */
export const MAX_ADDRESS_LENGTH = 300;
