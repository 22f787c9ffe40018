import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { http, https } from '../http.ts';
import type { FetchSettings } from './options.ts';

/** What one fetcher holds: kept-alive connections, bounded per server. */
export interface HttpClient {
  readonly settings: FetchSettings;
  /** Each made when it is first asked for. */
  readonly agents: { readonly http: () => HttpAgent; readonly https: () => HttpsAgent };
}

/**
 * `rejectUnauthorized` is said outright so that no environment variable switches it off. Idle connections do not keep
 * the process alive.
 */
export function httpClient(settings: FetchSettings): HttpClient {
  const kept = { keepAlive: true, maxSockets: settings.maxConnections };
  const trust = settings.authorities === undefined ? {} : { ca: settings.authorities };
  const secure = { rejectUnauthorized: true, minVersion: 'TLSv1.2' } as const;
  let plainAgent: HttpAgent | undefined;
  let secureAgent: HttpsAgent | undefined;
  return {
    settings,
    agents: {
      http: () => {
        plainAgent ??= new (http().Agent)(kept);
        return plainAgent;
      },
      https: () => {
        secureAgent ??= new (https().Agent)({ ...kept, ...trust, ...secure });
        return secureAgent;
      },
    },
  };
}
