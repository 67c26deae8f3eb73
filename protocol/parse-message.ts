// The door of the wire: the one function that turns JSON into a Message.
import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';
import type { Message, MessageType } from './messages.ts';
import { SCHEMAS } from './schemas.ts';

export type ParsedMessage =
  | { readonly ok: true; readonly message: Message }
  /** E_UNKNOWN_TYPE is answered and the session goes on; E_PROTOCOL ends it. `what` holds nothing that the peer wrote but a type. */
  | { readonly ok: false; readonly code: 'E_PROTOCOL' | 'E_UNKNOWN_TYPE'; readonly what: string };

/** Checks the JSON of one frame. The value is not copied or changed; fields that no schema knows stay in it, unread. */
export function parseMessage(json: unknown): ParsedMessage {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return { ok: false, code: 'E_PROTOCOL', what: 'a frame that is not a JSON object' };
  const type = 'type' in json ? json.type : undefined;
  if (typeof type !== 'string') return { ok: false, code: 'E_PROTOCOL', what: 'a frame without a type' };
  if (!isMessageType(type)) return { ok: false, code: 'E_UNKNOWN_TYPE', what: showType(type) };
  const validate = validatorOf(type);
  if (!validate(json)) return { ok: false, code: 'E_PROTOCOL', what: `${type}: ${firstProblem(validate)}` };
  const problem = disagreement(json);
  return problem === undefined
    ? { ok: true, message: json }
    : { ok: false, code: 'E_PROTOCOL', what: `${type}: ${problem}` };
}

/** That the schemas are schemas is a test's business: compiling what would show it takes longer than they do. */
const sure = { meta: false, validateSchema: false };
const ajv = new Ajv({ strict: true, discriminator: true, addUsedSchema: false, code: { optimize: false }, ...sure });
/** Compiled when the first message of its type arrives: a program that only prints codes need not wait for thirteen. */
const validators = new Map<MessageType, ValidateFunction<Message>>();

function validatorOf(type: MessageType): ValidateFunction<Message> {
  let validate = validators.get(type);
  if (validate === undefined) {
    validate = ajv.compile<Message>(SCHEMAS[type]);
    validators.set(type, validate);
  }
  return validate;
}

function isMessageType(type: string): type is MessageType {
  return Object.hasOwn(SCHEMAS, type);
}

/** A type that somebody else made up is shown only where it looks like one. */
function showType(type: string): string {
  return /^[A-Z0-9_]{1,32}$/.test(type) ? `a message of type ${type}` : 'a message of a type that is no name';
}

function firstProblem(validate: ValidateFunction): string {
  const error = validate.errors?.[0];
  return `${error?.instancePath ?? ''} ${error?.message ?? 'is not as it must be'}`.trimStart();
}

/** What no schema of one field can say: fields that must agree with one another. */
function disagreement(message: Message): string | undefined {
  switch (message.type) {
    case 'HELLO':
      return message.protocol.min > message.protocol.max ? 'protocol has min above max' : undefined;
    case 'JOINED': {
      const digests = message.folders.reduce((sum, one) => sum + (one.digest ?? 0), 0);
      return digests === (message.payload ?? 0) ? undefined : 'payload is not as long as the digests';
    }
    case 'FILE_UPDATE':
      if (message.payload === undefined) return undefined;
      if (message.record.kind !== 'file') return 'payload of what is not a file';
      if (message.zstd === true)
        return message.payload < message.record.size ? undefined : 'a packed payload that is not shorter than the file';
      return message.payload === message.record.size ? undefined : 'payload is not as long as the file';
    case 'FILE_MOVE':
      if (message.from.path === message.to.path) return 'from and to are one path';
      return message.fromSeq < message.seq ? undefined : 'fromSeq is not below seq';
    default:
      return undefined;
  }
}
