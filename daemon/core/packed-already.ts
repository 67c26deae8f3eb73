// Names of files whose content is packed already: to pack it again costs time and saves nothing.

const ENDINGS = new Set(
  [
    '7z aac apk avi avif br bz2 cab crx deb docx dmg epub flac gif gpg gz heic heif jar jpeg jpg jxl lz lz4 lzma m4a',
    'm4v mkv mov mp3 mp4 mpeg mpg odp ods odt oga ogg ogv opus png pptx rar rpm sqsh squashfs tgz txz wasm webm webp',
    'whl wma wmv woff woff2 xlsx xpi xz zip zst',
  ].flatMap((line) => line.split(' ')),
);

export function isPackedAlready(path: string): boolean {
  return ENDINGS.has(path.slice(path.lastIndexOf('.') + 1).toLowerCase());
}
