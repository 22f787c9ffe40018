import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, join } from 'node:path';

/** A stack with the places in the source, also where the program runs out of fewer files (scripts/bundle.ts). */
export function sourceStack(stack: string): string {
  const maps = new Map<string, SourceMap | undefined>();
  return stack.replaceAll(/file:\/\/(\/\S+\.mjs):(\d+):(\d+)/g, (place, ...parts: string[]) => {
    const [file = '', line, column] = parts;
    const map = maps.has(file) ? maps.get(file) : mapOf(file);
    maps.set(file, map);
    const found = map?.findEntry(Number(line) - 1, Number(column) - 1);
    if (found === undefined || !('originalSource' in found)) return place;
    const source = join(dirname(file), found.originalSource);
    return `${source}:${found.originalLine + 1}:${found.originalColumn + 1}`;
  });
}

function mapOf(file: string): SourceMap | undefined {
  const path = `${file}.map`;
  return existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, 'utf8'))) : undefined;
}
