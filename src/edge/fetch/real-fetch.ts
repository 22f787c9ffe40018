import * as fs from 'node:fs/promises';
import { Fault } from '../../model/index.ts';
import type { Fetch } from '../../ports.ts';
import type { FileCalls } from '../file-calls.ts';
import { httpClient } from './connections.ts';
import { readDirectoryFile } from './directory.ts';
import { httpBody } from './http-body.ts';
import { defaultSettings, type FetchOptions } from './options.ts';

export type { FetchOptions } from './options.ts';

/**
 * The Fetch port over http(s) and directories. Tries again by itself until the first bytes of a body are there; one
 * that breaks off later is thrown as `UpstreamUnavailable`, because only the reader knows what it has consumed. `files`:
 * how the calls on directories are made.
 */
export function realFetch(options: FetchOptions = {}, files: FileCalls = fs): Fetch {
  const settings = { ...defaultSettings, ...options };
  const client = httpClient(settings);
  return {
    open(url, limits) {
      if (url.startsWith('/')) return readDirectoryFile(files, url, limits);
      if (/^https?:\/\//i.test(url)) return httpBody(client, url, limits);
      throw new Fault('TransferRefused', {
        object: url.slice(0, 200),
        check: 'the address is one that upstreams may have',
        expected: 'http://…, https://… or an absolute directory',
        fix: 'Correct `url` of the upstream.',
      });
    },
  };
}
