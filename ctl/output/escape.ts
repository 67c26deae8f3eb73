// Names come from anybody: what would move the cursor, change colours or turn the writing's direction is shown, not sent.

/** Control characters, marks that change direction, line separators, halves of surrogate pairs. */
const HARMFUL = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/gu;
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** One line that is safe to print, whatever `text` holds. */
export function escape(text: string): string {
  return text.replace(HARMFUL, (found) => NAMED[found] ?? coded(found.charCodeAt(0)));
}

function coded(unit: number): string {
  return unit < 0x100 ? `\\x${unit.toString(16).padStart(2, '0')}` : `\\u${unit.toString(16).padStart(4, '0')}`;
}
