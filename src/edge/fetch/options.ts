/** How patient the fetcher is. All have defaults that suit distribution mirrors; tests shorten them. */
export interface FetchOptions {
  /** Sent as `User-Agent: sluice/<version>`. */
  readonly version?: string;
  /** Until the connection, with TLS, stands. */
  readonly connectSeconds?: number;
  /** From the request to the answer's headers. */
  readonly firstByteSeconds?: number;
  /** Longest silence inside a body. */
  readonly idleSeconds?: number;
  /** Fixed part of the whole transfer's deadline; the time that the promised bytes take at `minBytesPerSecond` is added. */
  readonly totalSeconds?: number;
  readonly minBytesPerSecond?: number;
  /** The rate is judged over this much time spent waiting for data. */
  readonly rateWindowSeconds?: number;
  /** Tries until the headers of a usable answer arrive. */
  readonly attempts?: number;
  /** Before the second try; doubles from there. */
  readonly retryDelaySeconds?: number;
  /** No server makes us wait longer between tries. */
  readonly retryAfterCapSeconds?: number;
  readonly maxRedirects?: number;
  /** Parallel connections to one server. */
  readonly maxConnections?: number;
  /** PEM certificates to trust instead of the system's. */
  readonly authorities?: string;
}

export type FetchSettings = Required<Omit<FetchOptions, 'authorities'>> &
  Pick<FetchOptions, 'authorities'>;

export const defaultSettings: FetchSettings = {
  version: '0',
  connectSeconds: 20,
  firstByteSeconds: 60,
  idleSeconds: 60,
  totalSeconds: 300,
  minBytesPerSecond: 2048,
  rateWindowSeconds: 20,
  attempts: 3,
  retryDelaySeconds: 1,
  retryAfterCapSeconds: 30,
  maxRedirects: 5,
  maxConnections: 8,
};
