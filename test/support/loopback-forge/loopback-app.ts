import { createPublicKey, type KeyObject, verify } from 'node:crypto';

export interface AppOptions {
  readonly appId: number;
  readonly installationId: number;
  readonly publicKey: string;
  /** Whom its comments are by, ending in `[bot]`. */
  readonly login: string;
  /** Seconds since 1970. */
  readonly now: () => number;
}

const hour = 3600;
/** GitHub takes no claim that lasts longer, and allows a clock a minute of drift. */
const longestClaim = 600;
const drift = 60;

/** An App as GitHub documents it: signed claims are exchanged for tokens that last an hour. */
export class LoopbackApp {
  /** Every token that was ever given out, with the second in which it ends. */
  readonly tokens: { readonly token: string; ends: number }[] = [];
  readonly #options: AppOptions;
  readonly #key: KeyObject;

  constructor(options: AppOptions) {
    this.#options = options;
    this.#key = createPublicKey(options.publicKey);
  }

  get login(): string {
    return this.#options.login;
  }

  issue(): { readonly token: string; readonly expires_at: string } {
    const ends = this.#options.now() + hour;
    const token = `ghs_loopback_installation_token_${this.tokens.length + 1}`;
    this.tokens.push({ token, ends });
    return { token, expires_at: new Date(ends * 1000).toISOString().replace('.000Z', 'Z') };
  }

  counts(token: string): boolean {
    return this.tokens.some((t) => t.token === token && t.ends > this.#options.now());
  }

  isInstallation(id: number | undefined): boolean {
    return id === this.#options.installationId;
  }

  /** What is wrong with a claim (RFC 7519, RS256); undefined where it is this App's. */
  problemOf(claim: string): string | undefined {
    const [head = '', body = '', signature = ''] = claim.split('.');
    const said = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    try {
      if (said(head).alg !== 'RS256') return 'the algorithm is not RS256';
      const bytes = Buffer.from(signature, 'base64url');
      if (!verify('RSA-SHA256', Buffer.from(`${head}.${body}`), this.#key, bytes)) {
        return 'A JSON web token could not be decoded';
      }
      const { iss, iat, exp } = said(body);
      const now = this.#options.now();
      if (String(iss) !== String(this.#options.appId)) return "'Issuer' claim ('iss') is another";
      if (exp <= now || exp - now > longestClaim + drift) return "'Expiration time' is wrong";
      return iat <= now + drift ? undefined : "'Issued at' claim is in the future";
    } catch {
      return 'A JSON web token could not be decoded';
    }
  }
}
