/** What commands print: tables for people, JSON for programs. */

/** Prints a value as JSON, one line. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Prints rows in columns under a heading. Columns whose name ends in `>` are aligned to the right. */
export function printTable(columns: readonly string[], rows: readonly (readonly string[])[]): void {
  const right = columns.map((column) => column.endsWith('>'));
  const heading = columns.map((column) => column.replace(/>$/, ''));
  const lines = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  for (const line of lines) {
    const cells = line.map((cell, column) => {
      const width = widths[column] as number;
      return right[column] ? cell.padStart(width) : cell.padEnd(width);
    });
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`);
  }
}
