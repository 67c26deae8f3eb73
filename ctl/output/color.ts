// Colours: green in sync, yellow needs attention, red error. There is always a word beside the colour.
import { styleText } from 'node:util';

export type Tone = 'good' | 'attention' | 'bad' | 'heading' | 'faint';
const STYLES = { good: 'green', attention: 'yellow', bad: 'red', heading: 'bold', faint: 'dim' } as const;

export type Paint = (tone: Tone | undefined, text: string) => string;

export const plain: Paint = (_tone, text) => text;

/** Colours where `stream` is a terminal that shows them, and NO_COLOR does not forbid it. */
export function paintFor(stream: NodeJS.WritableStream): Paint {
  return (tone, text) => (tone === undefined ? text : styleText(STYLES[tone], text, { stream }));
}
