/** Tests name the sources, and run what ships. */

const FOLDER = process.env.EIDER_DIST ?? 'dist';

/** What ships, by its path. */
export const DIST: RegExp = new RegExp(`/${FOLDER}/`);

/** Every import of src/x.ts is answered by dist/x.js, for `resolve.alias`. */
export const DIST_ALIAS = [{ find: /^(.*)\/src\/(.*)\.ts$/, replacement: `$1/${FOLDER}/$2.js` }];
