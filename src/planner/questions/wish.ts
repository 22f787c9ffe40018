import {
  type Advisory,
  type AdvisorySummary,
  type Answer,
  type FileEdit,
  type HoldFile,
  type Place,
  type ProposalKind,
  type ProposalRequest,
  slugOf,
  type Update,
} from '../../model/index.ts';
import { policyOfPackage } from '../builds/built-here.ts';
import type { Context } from '../world.ts';

/** A change of the policy that a rule wants: done by the controller or asked of people, as the policy says. */
export interface Wish {
  readonly kind: ProposalKind;
  /** Stable for ever: the pull request's branch is made of it. */
  readonly identity: string;
  readonly channel: string;
  /** What it is about, for holds: `update:<id>`, `base:<upstream>`, `channel:<name>`. */
  readonly subject: string;
  readonly answer: 'auto' | 'ask';
  readonly title: string;
  readonly effect: string;
  readonly why: string;
  readonly edits: readonly FileEdit[];
  readonly advisories: readonly Advisory[];
  readonly gates: ProposalRequest['gates'];
  readonly at?: Place;
}

const strictness: Readonly<Record<Answer, number>> = { auto: 0, ask: 1, never: 2 };

export function strictest(answers: Iterable<Answer>): Answer {
  let strict: Answer = 'auto';
  for (const answer of answers) if (strictness[answer] > strictness[strict]) strict = answer;
  return strict;
}

/** An update takes the strictest answer among its packages; a policy that holds one of them never lets it in. */
export function answerFor(context: Context, update: Update, channel: string): Answer {
  return strictest([
    ...(needsApproval(context, channel) ? ['ask' as const] : []),
    ...update.packages.map((p) => {
      const policy = policyOfPackage(context, update, p);
      return policy?.action === 'hold' ? 'never' : (policy?.approvals[channel] ?? 'ask');
    }),
  ]);
}

/** What nobody can approve could never enter, so such a channel is always asked. */
export const needsApproval = ({ desired }: Pick<Context, 'desired'>, channel: string): boolean =>
  desired.channels.get(channel)?.gates.approvals !== undefined;

export function updateFile(update: Update): FileEdit {
  const { id, advisory, build, packages, modules, requires } = update;
  return {
    kind: 'create',
    path: updatePath(id),
    document: {
      ...{ apiVersion: 'sluice/v1', kind: 'Update', id },
      ...(advisory ? { advisory } : {}),
      ...(build ? { build } : {}),
      ...{ packages, modules, requires },
    },
  };
}

export function promotionFile(channel: string, update: string): FileEdit {
  const document = { apiVersion: 'sluice/v1', kind: 'Promotion', update, channel };
  return { kind: 'create', path: promotionPath(channel, update), document };
}

export function holdFile(hold: Pick<HoldFile, 'channel' | 'update' | 'reason' | 'packages'>) {
  const { channel, update, reason, packages } = hold;
  return {
    kind: 'create',
    path: `holds/${channel}/${slugOf(update ?? reason)}.yaml`,
    document: { apiVersion: 'sluice/v1', kind: 'Hold', channel, update, reason, packages },
  } as const satisfies FileEdit;
}

export const updatePath = (id: string): string => `updates/${slugOf(id)}.yaml`;
export const promotionPath = (channel: string, id: string): string =>
  `promotions/${channel}/${slugOf(id)}.yaml`;

export function summaryOf(advisory: Advisory): AdvisorySummary {
  const { id, type, severity, title, issued, rebootSuggested } = advisory;
  const cves = advisory.references.filter((r) => r.type === 'cve').map((r) => r.id || r.title);
  return { ...{ id, type, severity, title, issued, rebootSuggested }, cves: [...new Set(cves)] };
}
