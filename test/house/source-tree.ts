/** The sources as the house rules see them. */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Top of the repository. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Folder with the compiled sources that the tests run. */
export const DIST = path.join(ROOT, process.env.EIDER_DIST ?? 'dist');

/** A source file. */
export interface SourceFile {
  /** Relative to `src`, with slashes. */
  readonly name: string;
  readonly text: string;
  /** Text without comments; strings stay. */
  readonly code: string;
  /** Relative imports and re-exports, types too, as names relative to `src`. */
  readonly imports: readonly string[];
  /** Those of them that nothing is left of when the types are gone. */
  readonly typeImports: readonly string[];
}

/** All files of `src`, ordered by name. */
export function sourceFiles(): SourceFile[] {
  const src = path.join(ROOT, 'src');
  const names = readdirSync(src, { recursive: true, encoding: 'utf8' }).map((name) => name.split(path.sep).join('/'));
  return names
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => {
      const text = readFileSync(path.join(src, name), 'utf8');
      return {
        name,
        text,
        code: withoutComments(text),
        imports: importsOf(name, text),
        typeImports: typeImportsOf(name, text),
      };
    });
}

/** Folder directly below `src`, or the file itself when it lies at the top. */
export function roomOf(name: string): string {
  return name.includes('/') ? (name.split('/')[0] as string) : name;
}

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(\s*|^import\s*)'(\.{1,2}\/[^']+)'/gm;
const URL_IMPORT = /new URL\(\s*'(\.{1,2}\/[^']+\.ts)'/g;

/** Also `new URL('./worker.ts', import.meta.url)`, which is how a worker is named. */
function importsOf(name: string, text: string): string[] {
  const code = withoutComments(text);
  const found = [...code.matchAll(IMPORT), ...code.matchAll(URL_IMPORT)].map((match) => match[1] as string);
  return found.map((specifier) => path.posix.normalize(path.posix.join(path.posix.dirname(name), specifier)));
}

const TYPE_IMPORT = /^(?:import|export) type [^;]*?from\s*'(\.{1,2}\/[^']+)'/gm;

function typeImportsOf(name: string, text: string): string[] {
  const found = [...withoutComments(text).matchAll(TYPE_IMPORT)].map((match) => match[1] as string);
  return found.map((specifier) => path.posix.normalize(path.posix.join(path.posix.dirname(name), specifier)));
}

/** Comments become white space; what looks like one within a string, template or regular expression stays. */
export function withoutComments(text: string): string {
  const token =
    /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*|\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[dgimsuvy]*/g;
  return text.replace(token, (match) => {
    if (match.startsWith('/*') || match.startsWith('//')) return match.replace(/[^\n]/g, ' ');
    return match;
  });
}
