/** A page for people that tells all operations: HTML that needs no script and nothing from elsewhere. */

import { z } from 'zod';
import type { Operation, Shape } from './operation.ts';

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; }
code { font: 0.9em ui-monospace, monospace; }
summary { cursor: pointer; padding: 0.3rem 0; }
summary b { display: inline-block; width: 4.5rem; }
table { border-collapse: collapse; width: 100%; }
td, th { border-top: 1px solid #8884; padding: 0.2rem 0.6rem 0.2rem 0; text-align: left; vertical-align: top; }
`;

/** The page of an API that lies below `basePath`. */
export function referencePage(operations: readonly Operation[], basePath: string): string {
  const groups = [...new Set(operations.map(({ group }) => group))];
  const sections = groups.map((group) => {
    const entries = operations
      .filter((operation) => operation.group === group)
      .map((operation) => entryOf(operation, basePath));
    return `<section id="${anchor(group)}"><h2>${escapeHtml(group)}</h2>${entries.join('')}</section>`;
  });
  const contents = groups.map((group) => `<a href="#${anchor(group)}">${escapeHtml(group)}</a>`).join(' · ');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>eider: the API</title><style>${STYLE}</style></head><body><h1>eider: the API</h1>
<p>Every operation but those marked <i>open</i> needs a token, as <code>Authorization: Bearer TOKEN</code>.
The same for programs: <a href="${escapeHtml(basePath)}/openapi.json">openapi.json</a>.</p>
<nav>${contents}</nav>${sections.join('')}</body></html>`;
}

function entryOf(
  { id, method, path, summary, description, access, params, query, body, rawBody }: Operation,
  basePath: string,
): string {
  const rows = [
    ...rowsOf('path', params),
    ...rowsOf('query', { ...query, ...(rawBody?.includes('*/*') ? body : {}) }),
    ...(rawBody?.includes('*/*') ? [] : rowsOf('body', body)),
  ];
  const table =
    rows.length === 0 ? '' : `<table><tr><th>field</th><th>in</th><th>what it is</th></tr>${rows.join('')}</table>`;
  const granted = access ? `needs <code>${access.resource}:${access.verb}</code>` : '<i>open</i>';
  return `<details id="${escapeHtml(id)}"><summary><b>${method.toUpperCase()}</b> <code>${escapeHtml(basePath + path)}</code> ${escapeHtml(summary)}</summary>
<p>${description ? `${escapeHtml(description)}. ` : ''}${granted}</p>${table}</details>`;
}

function rowsOf(place: string, shape: Shape): string[] {
  return Object.entries(shape).map(([name, schema]) => {
    const required = place === 'path' || !schema.safeParse(undefined).success;
    const told = z.globalRegistry.get(schema)?.description ?? '';
    return `<tr><td><code>${escapeHtml(name)}</code>${required ? ' *' : ''}</td><td>${place}</td><td>${escapeHtml(told)}</td></tr>`;
  });
}

function anchor(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`);
}
