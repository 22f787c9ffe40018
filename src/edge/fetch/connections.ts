import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { FetchSettings } from './options.ts';

/** What one fetcher holds: kept-alive connections, bounded per server. */
export interface HttpClient {
  readonly settings: FetchSettings;
  readonly agents: { readonly http: HttpAgent; readonly https: HttpsAgent };
}

/**
 * `rejectUnauthorized` is said outright so that no environment variable switches it off. Idle connections do not keep
 * the process alive.
 */
export function httpClient(settings: FetchSettings): HttpClient {
  const kept = { keepAlive: true, maxSockets: settings.maxConnections };
  const trust = settings.authorities === undefined ? {} : { ca: settings.authorities };
  return {
    settings,
    agents: {
      http: new HttpAgent(kept),
      https: new HttpsAgent({ ...kept, ...trust, rejectUnauthorized: true, minVersion: 'TLSv1.2' }),
    },
  };
}
