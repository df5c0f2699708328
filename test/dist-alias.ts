/** Tests name the sources, and run what ships. */

/** Every import of src/x.ts is answered by dist/x.js, for `resolve.alias`. */
export const DIST_ALIAS = [
  { find: /^(.*)\/src\/(.*)\.ts$/, replacement: `$1/${process.env.EIDER_DIST ?? 'dist'}/$2.js` },
];
