// What is text, for `content: text`. A name can say that a file is none, which saves the look; whether it is one, its bytes say.

/** Endings of names that are never text, whatever is in them. */
const BINARY = new Set(
  [
    // Pictures, sound and film; .ts and .mts are programs more often than films, and are looked into.
    '3gp aac ai aif aiff amr ape arw avi avif bmp cr2 cr3 cur dng emf eps exr flac flv gif hdr heic heif icns ico indd',
    'jp2 jpeg jpg jxl m2ts m4a m4b m4v mid midi mkv mov mp2 mp3 mp4 mpeg mpg nef ogg ogv opus orf pcx png psd ra raf raw',
    'rm rw2 tga tif tiff vob wav webm webp wma wmf wmv xcf',
    // Archives, images of disks, packages.
    '7z apk appimage bz2 cab cpio deb dmg ear flatpak gz img ipa iso jar lz lz4 lzma qcow2 rar rpm snap sqsh squashfs tar',
    'tbz tbz2 tgz txz vdi vhd vhdx vmdk war whl xz z zip zst',
    // Documents whose text is packed.
    'azw azw3 doc docm docx dot dotx epub key mobi numbers odf odg odp ods odt pages pdf pot potx pps ppsx ppt pptx',
    'vsd vsdx xls xlsb xlsm xlsx',
    // What compilers and databases make.
    'a accdb bin class com db dbf dex dll dylib elf exe frm ibd ko lib mdb mo msi ncb o obj pch pdb pyc pyd pyo rlib',
    'so sqlite sqlite3 swf sys wasm',
    // Fonts, models, data.
    'avro blend eot fbx feather glb h5 hdf5 mat npy npz onnx orc otf parquet pkl pt pth rds safetensors stl tfrecord',
    'ttc ttf woff woff2',
  ].flatMap((line) => line.split(' ')),
);

/** So much of the beginning is looked at. */
export const LOOKED_AT_BYTES = 8192;

export function kindByName(name: string): 'binary' | 'unknown' {
  const dot = name.lastIndexOf('.');
  return dot > 0 && BINARY.has(name.slice(dot + 1).toLowerCase()) ? 'binary' : 'unknown';
}

/**
 * By the first bytes of a file: UTF-8, UTF-16 with a byte order mark, and Latin-1 are text; what has a NUL or another control
 * character is none. Nothing at all is text.
 */
export function looksLikeText(bytes: Uint8Array): boolean {
  const [a, b] = bytes;
  if (a === 0xff && b === 0xfe) return isTextUtf16(bytes, true);
  if (a === 0xfe && b === 0xff) return isTextUtf16(bytes, false);
  return bytes.every((byte) => !isControl(byte));
}

/** As characters of UTF-16: half of a Latin text's bytes are NUL. */
function isTextUtf16(bytes: Uint8Array, littleEndian: boolean): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 2; at + 1 < bytes.length; at += 2) if (isControl(view.getUint16(at, littleEndian))) return false;
  return true;
}

/** Tab, line feed, vertical tab, form feed, carriage return, backspace (man pages), bell and escape (terminals) are in texts. */
function isControl(code: number): boolean {
  return code < 0x07 || (code > 0x0d && code < 0x20 && code !== 0x1b) || code === 0x7f;
}
