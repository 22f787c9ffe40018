import { Fault } from '../../model/index.ts';

const certificate = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME|ERR_TLS|ERR_SSL/;

const meanings: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'the network did not answer',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
};

/** What node:http says of a failed connection or an incorrect answer, in our words. */
export function transportFault(url: URL, error: unknown): Fault {
  if (error instanceof Fault) return error;
  const code = codeOf(error);
  const text = error instanceof Error ? error.message : String(error);
  if (certificate.test(code)) return badCertificate(url, `${code}: ${text}`, error);
  if (code.startsWith('HPE_')) return badAnswer(url, `${code}: ${text}`, error);
  return new Fault('UpstreamUnavailable', {
    object: url.href,
    check: 'the server can be reached and answers to the end',
    found: `${meanings[code] ?? text} (${code || 'no code'})`,
    fix: 'Check the server and the network; the next sync tries again by itself.',
    cause: error,
  });
}

function badCertificate(url: URL, found: string, cause: unknown): Fault {
  return new Fault('CertificateInvalid', {
    object: url.href,
    check: "the server's TLS certificate verifies",
    found,
    fix: "Mend the server's certificate, or add its authority to those that this machine trusts.",
    cause,
  });
}

function badAnswer(url: URL, found: string, cause: unknown): Fault {
  return new Fault('UpstreamUnavailable', {
    object: url.href,
    check: 'the answer is correct HTTP (Content-Length and the other headers)',
    found,
    fix: 'Tell the operator of the upstream what its server sends.',
    cause,
  });
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Several addresses were tried (RFC 8305): the last one's error speaks for all.
  return error instanceof AggregateError ? codeOf(error.errors.at(-1)) : '';
}
