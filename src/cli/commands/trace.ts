import { isoTime, type Trace, trace } from '../../controller/index.ts';
import type { Paint } from '../paint.ts';
import { textArgument, textOption, type Verb } from '../verb.ts';

export const traceVerb: Verb = {
  arguments: [['<package>', 'name-version-release.arch, digest, or address of a package']],
  options: [['--channel <name>', 'only this channel']],
  examples: ['sluice trace hello-1.1-1.x86_64', 'sluice trace hello-1.1 --channel production'],
  how: {
    needs: 'reading',
    async run(call, { installation }) {
      const channel = textOption(call, 'channel');
      const packages = await trace(installation, {
        text: textArgument(call, 0) ?? '',
        ...(channel === undefined ? {} : { channel }),
      });
      return {
        kind: 'Trace',
        data: { packages },
        text: (paint) => packages.map((p) => traceText(p, paint)).join('\n\n'),
        exit: 0,
      };
    },
  },
};

function traceText(t: Trace, paint: Paint): string {
  const section = (name: string, lines: readonly string[]) => [
    paint('bold', name),
    ...(lines.length === 0 ? ['  none'] : lines.map((line) => `  ${line}`)),
  ];
  return [
    paint('bold', t.nevra),
    `  sha256 ${t.sha256}, ${t.sizeBytes} bytes`,
    `  file   packages/sha256/${t.file}`,
    ...section('Channels', t.channels.map(channelText)),
    ...section('Decisions', t.decisions.flatMap(decisionText)),
    ...section('Signature', signatureText(t)),
    ...(t.signedForms.length === 0 ? [] : section('Signed here', t.signedForms.map(formText))),
    ...section('Upstream snapshots', t.snapshots.flatMap(snapshotText)),
  ].join('\n');
}

function channelText(c: Trace['channels'][number]): string {
  const verb = c.serves ? 'serves it' : 'served it';
  const lost = c.unknown.length === 0 ? '' : `; contents gone: ${c.unknown.join(', ')}`;
  return `${c.channel}/${c.tree} ${verb} since ${isoTime(c.admittedAt)}, generations ${c.generations.join(', ')}${lost}`;
}

function decisionText(d: Trace['decisions'][number]): readonly string[] {
  const lines = [
    `${d.path} ${d.change} ${isoTime(d.time)} by ${d.author}, ${d.commit.slice(0, 12)} ${d.subject}`,
  ];
  if (!d.proposal) return lines;
  const { number, title, state, approvals } = d.proposal;
  const people = approvals.map((a) => `${a.person} ${isoTime(a.at)}`).join(', ');
  lines.push(`    proposal ${number} (${state}): ${title}`);
  if (people !== '') lines.push(`    approved by ${people}`);
  return lines;
}

function signatureText({ signature: s }: Trace): readonly string[] {
  const by = s.signedBy === undefined ? '' : ` by ${s.signedBy}`;
  const file = s.keyFile === undefined ? '' : ` (${s.keyFile})`;
  const of = s.upstream === undefined ? '' : `, rules of upstream ${s.upstream}`;
  const lines = [`${s.state}${by}${file}${of}`];
  if (s.because !== undefined) lines.push(s.because);
  if (s.excused.length > 0) lines.push(`excused: ${s.excused.join(', ')}`);
  return lines;
}

const formText = (f: Trace['signedForms'][number]): string =>
  `${f.sha256} by ${f.key}, first for ${f.channel} by ${f.commit.slice(0, 12)}`;

function snapshotText(s: Trace['snapshots'][number]): readonly string[] {
  const taken = s.takenAt === undefined ? 'time not known here' : `taken ${isoTime(s.takenAt)}`;
  const lines = [`${s.upstream} ${s.snapshot}, ${taken}`];
  if (s.url !== undefined) lines.push(`    from ${s.url}`);
  if (s.packedFrom !== undefined) {
    lines.push(
      `    packed from ${s.packedFrom}, signed by ${s.metadataSignedBy ?? 'nobody (not required)'}`,
    );
  } else if (s.repomd !== undefined) {
    lines.push(
      `    repomd.xml ${s.repomd} signed by ${s.metadataSignedBy ?? 'nobody (not required)'}`,
    );
  }
  if (s.excused.length > 0) lines.push(`    exceptions used: ${s.excused.join(', ')}`);
  return lines;
}
