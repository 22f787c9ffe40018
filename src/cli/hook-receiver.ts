import { readFileSync } from 'node:fs';
import { type HookReceiver, hookReceiver } from '../controller/index.ts';
import { Fault } from '../model/index.ts';
import type { ControllerConfig } from './config.ts';

const shortestSecret = 16;

/** The receiver that `forge.webhookSecretFile` asks for; a secret that is missing or too short refuses to start. */
export function hookReceiverOf(
  { kind, repository, webhookSecretFile: file }: ControllerConfig['forge'],
  hint: () => void,
): HookReceiver | undefined {
  if (file === undefined) return undefined;
  if (kind === 'local' || repository === undefined) {
    throw refused('forge.webhookSecretFile', 'a forge that sends webhooks', `kind ${kind}`);
  }
  return hookReceiver({ name: kind, repository, secret: secretIn(file), hint });
}

function secretIn(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const found = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw refused(file, 'a file with the secret', found);
  }
  if (text.length >= shortestSecret) return text;
  throw refused(file, `${shortestSecret} characters or more`, `${text.length} characters`);
}

const refused = (object: string, expected: string, found: string): Fault =>
  new Fault('ConfigInvalid', {
    object,
    check: 'the webhook has a secret that nobody guesses',
    expected,
    found,
    fix: 'Write one and give it to the forge too: openssl rand -hex 32 > FILE; or take the key out.',
  });
