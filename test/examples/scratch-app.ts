/** A folder that has eider installed, in which examples are compiled and run as a program of somebody else's. */

import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { DIST, ROOT } from '../house/source-tree.ts';

/** How a program ended. */
export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An application folder. */
export class ScratchApp {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<ScratchApp> {
    const folder = await mkdtemp(path.join(tmpdir(), 'eider-app-'));
    const eider = path.join(folder, 'node_modules', 'eider');
    await mkdir(eider, { recursive: true });
    await cp(path.join(ROOT, 'package.json'), path.join(eider, 'package.json'));
    await symlink(DIST, path.join(eider, 'dist'));
    await mkdir(path.join(folder, 'node_modules', '@types'));
    await symlink(
      path.join(ROOT, 'node_modules', '@types', 'node'),
      path.join(folder, 'node_modules', '@types', 'node'),
    );
    await symlink(path.join(ROOT, 'node_modules', 'undici-types'), path.join(folder, 'node_modules', 'undici-types'));
    await writeFile(path.join(folder, 'package.json'), '{ "type": "module", "private": true }\n');
    return new ScratchApp(folder);
  }

  /** Writes TypeScript files by name and compiles them as strictly as eider itself; gives the compiler's complaints. */
  async compile(files: Readonly<Record<string, string>>): Promise<string[]> {
    const names: string[] = [];
    for (const [name, text] of Object.entries(files)) {
      names.push(path.join(this.folder, name));
      await writeFile(names.at(-1) as string, text);
    }
    const config = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), ts.sys.readFile).config as {
      compilerOptions: object;
    };
    const own = { rootDir: '.', outDir: '.', declaration: false, isolatedDeclarations: false, sourceMap: false };
    const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, ...own }, this.folder);
    const program = ts.createProgram(names, options);
    const complaints = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
    return complaints.map((complaint) => {
      const place = complaint.file ? `${path.basename(complaint.file.fileName)}: ` : '';
      return place + ts.flattenDiagnosticMessageText(complaint.messageText, '\n');
    });
  }

  /** Runs a compiled file. `stopAt` sends SIGINT when standard output matches. */
  run(
    name: string,
    options: { env?: NodeJS.ProcessEnv; stopAt?: RegExp; seen?: (stdout: string) => Promise<void> } = {},
  ): Promise<ProgramResult> {
    const child = spawn(process.execPath, [name], { cwd: this.folder, env: { ...process.env, ...options.env } });
    let stdout = '';
    let stderr = '';
    let isStopping = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (isStopping || !options.stopAt?.test(stdout)) return;
      isStopping = true;
      void (options.seen?.(stdout) ?? Promise.resolve())
        .catch((error) => (stderr += String(error)))
        .then(() => child.kill('SIGINT'));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    return new Promise((resolve, reject) => {
      child.on('error', reject).on('close', (code) => resolve({ code, stdout, stderr }));
    });
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
