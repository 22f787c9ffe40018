import { join } from 'node:path';
import { z } from 'zod';
import type { Turn } from '../controller/index.ts';
import { Fault } from '../model/index.ts';
import type { Answer } from './answer.ts';
import { eventPrinter } from './event-printer.ts';
import { outputKinds } from './output-schemas.ts';
import { fault } from './output-shapes.ts';
import { noPaint } from './paint.ts';
import type { Call, ListedVerb, Opened, WritingVerb } from './verb.ts';
import { http } from './wire.ts';

/** What travels over `<state>/control.sock`: a writing verb and its call; back comes its answer or its fault. */
const ControlRequest = z.object({
  verb: z.string(),
  args: z.array(z.union([z.string(), z.array(z.string()), z.null()])),
  options: z.record(z.string(), z.unknown()),
});

const ControlReply = z.union([
  z.object({
    kind: z.enum(outputKinds),
    data: z.record(z.string(), z.unknown()),
    text: z.string(),
    exit: z.number(),
  }),
  z.object({ fault }),
]);

export const controlSocket = (state: string): string => join(state, 'control.sock');

/** Where the control socket tells of the builds that are under way. */
export const buildsPath = '/builds';

interface Asked {
  readonly name: string;
  readonly how: WritingVerb;
}

/** Has the running controller do what this process may not, as the controller holds the lock. */
export async function askController(
  state: string,
  { verb, call, locked }: { readonly verb: Asked; readonly call: Call; readonly locked: Fault },
): Promise<Answer> {
  const body = JSON.stringify({
    verb: verb.name,
    args: call.args.map((a) => a ?? null),
    options: call.options,
  });
  const socket = controlSocket(state);
  const asked = post(socket, { path: '/control', body });
  const stop = verb.how.inTurns?.(call) ? watchBuilds(socket) : () => undefined;
  const text = await asked
    .catch(() => {
      throw locked;
    })
    .finally(stop);
  const reply = ControlReply.parse(JSON.parse(text));
  if ('fault' in reply) throw new Fault(reply.fault.code, { ...reply.fault });
  return { ...reply, text: () => reply.text };
}

/** The controller's side: runs the verb with the installation it already holds. */
export async function answerControl(
  verbs: readonly ListedVerb[],
  opened: Opened & { readonly turn: Turn },
  body: string,
): Promise<string> {
  const asked = ControlRequest.parse(JSON.parse(body));
  const verb = await verbs.find((v) => v.name === asked.verb)?.load();
  if (verb?.how.needs !== 'writing' || verb.how.alone) return JSON.stringify({ fault: unknown });
  const call = {
    global: { output: 'table' },
    args: asked.args.map((a) => a ?? undefined),
    options: asked.options as Call['options'],
  } as const;
  try {
    const { how } = verb;
    const answer = await (how.inTurns?.(call)
      ? how.run(call, opened)
      : opened.turn(() => how.run(call, opened)));
    return JSON.stringify({ ...answer, text: answer.text(noPaint) });
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return JSON.stringify({ fault: error });
  }
}

const unknown = new Fault('Usage', {
  object: 'control socket',
  check: 'not a verb that writes',
  fix: 'Run the verb directly; reads need no controller.',
});

function post(
  socketPath: string,
  { path, body }: { readonly path: string; readonly body: string },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const call = http().request({ socketPath, path, method: 'POST', headers }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
      res.on('error', reject);
    });
    call.on('error', reject);
    call.end(body);
  });
}

const BuildProgress = z.object({
  building: z.array(z.string()),
  done: z.number(),
  total: z.number(),
});

const lookMilliseconds = 1000;

/** Shows what the controller builds while it is waited for, as if it were built here; ends with the returned function. */
function watchBuilds(socket: string): () => void {
  const emit = eventPrinter();
  let shown: readonly string[] = [];
  const look = async (): Promise<void> => {
    const text = await post(socket, { path: buildsPath, body: '' });
    const { building, done, total } = BuildProgress.parse(JSON.parse(text));
    for (const name of building.filter((n) => !shown.includes(n))) {
      emit({ kind: 'note', text: `the controller builds ${name}` });
    }
    shown = building;
    if (total > 0) emit({ kind: 'progress', task: 'build', done, total, unit: 'builds' });
  };
  // Only for show: the answer itself says what went wrong.
  const timer = setInterval(() => void look().catch(() => undefined), lookMilliseconds);
  return () => clearInterval(timer);
}
