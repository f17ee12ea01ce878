const BINARIES: [string, RegExp][] = [
  ['a PDF document', /^%PDF-/],
  ['an SQLite database', /^SQLite format 3\0/],
  ['a ZIP archive, or a format made of one', /^PK[\x03\x05]/],
  ['a gzip archive', /^\x1f\x8b/],
  ['a Zstandard archive', /^\x28\xb5\x2f\xfd/],
  ['an xz archive', /^\xfd7zXZ\0/],
  ['a tar archive', /^[\s\S]{257}ustar/],
  ['a program (ELF)', /^\x7fELF/],
  ['a program (Mach-O)', /^(\xcf\xfa\xed\xfe|\xca\xfe\xba\xbe)/],
  ['a program (Windows)', /^MZ/],
  ['a WebAssembly module', /^\0asm/],
  ['a font', /^(wOF[F2]|\0\x01\0\0\0|OTTO)/],
  ['an audio or video file', /^([\s\S]{4}ftyp|ID3|OggS|fLaC|\x1aE\xdf\xa3|RIFF)/],
];

/** What a binary file is, as far as its first bytes tell. */
export function binaryKind(bytes: Buffer): string {
  const head = bytes.subarray(0, 300).toString('latin1');
  return BINARIES.find(([, beginning]) => beginning.test(head))?.[0] ?? 'a binary file';
}
