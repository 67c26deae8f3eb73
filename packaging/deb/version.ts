// Versions as Debian sorts them. Pure.

/** 1.0.0-rc.1 comes before 1.0.0, for dpkg only with a tilde. */
export function debianVersion(version: string): string {
  return version.replace('-', '~');
}
