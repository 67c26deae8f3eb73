// The version of syncctl, from package.json: beside ctl/ in a checkout, above dist/ in a package.
import { readFileSync } from 'node:fs';

export const version = ownVersion();

function ownVersion(): string {
  for (const place of ['../package.json', '../../package.json']) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8'));
      if (typeof manifest === 'object' && manifest !== null && 'name' in manifest && manifest.name === 'syncd')
        return 'version' in manifest && typeof manifest.version === 'string' ? manifest.version : 'unknown';
    } catch {
      // Not there: the other place has it.
    }
  }
  return 'unknown';
}
