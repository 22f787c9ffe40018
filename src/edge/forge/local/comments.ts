import { Fault } from '../../../model/index.ts';
import type { ProposalComment } from '../../../ports.ts';
import { objectNameIn, pushRefs, splitSignature } from '../../git/index.ts';
import type { ForgeRefs } from '../forge-refs.ts';
import { readObjects } from './batch.ts';
import type { LocalState } from './local-forge.ts';

const longestText = 10_000;

/** The comments below these proposals, oldest first: commits without files, whose message is what was said. */
export async function readComments(
  { place, refs }: Pick<LocalState, 'place' | 'refs'>,
  numbers: ReadonlySet<number>,
): Promise<readonly ProposalComment[]> {
  const found = [...refs].flatMap(([ref, id]) => {
    const number = Number(/^refs\/sluice\/comments\/([1-9]\d{0,8})\/[^/]+$/.exec(ref)?.[1]);
    return numbers.has(number) ? [{ number, id }] : [];
  });
  const answers = found.map(({ number, id }) => refs.get(answerRef(number, id)));
  const ids = found.map((f) => f.id);
  const known = answers.filter((id) => id !== undefined);
  const texts = await readObjects(place, [...ids, ...known]);
  const answerTexts = new Map(known.map((id, i) => [id, messageOf(texts[ids.length + i] ?? '')]));
  const comments = found.flatMap(({ number, id }, i) => {
    const comment = commentIn(texts[i] ?? '', { number, id });
    const answer = answerTexts.get(answers[i] ?? '');
    return comment === undefined ? [] : [answer === undefined ? comment : { ...comment, answer }];
  });
  return comments.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}

const answerRef = (number: number, comment: string): string =>
  `refs/sluice/answers/${number}/${comment}`;

/** Reads a commit object; who wrote it is only what it says, unless its signature says more. */
export function commentIn(
  raw: string,
  about: { readonly number: number; readonly id: string },
): ProposalComment | undefined {
  const found = /^tree [0-9a-f]+\n(?:parent [0-9a-f]+\n)*author ([^\n<]*) <[^\n]*> (\d+) /.exec(
    raw,
  );
  const [, person = '', at] = found ?? [];
  const text = messageOf(raw);
  if (at === undefined || text.length > longestText) return undefined;
  const header = about.id.length === 64 ? 'gpgsig-sha256' : 'gpgsig';
  const signed = splitSignature(Buffer.from(raw, 'utf8'), header);
  return {
    ...about,
    ...{ person, text, at: Number(at), edited: false },
    ...(signed === undefined ? {} : { signed }),
  };
}

const messageOf = (raw: string): string => {
  const at = raw.indexOf('\n\n');
  return at === -1 ? '' : raw.slice(at + 2).trimEnd();
};

/** A comment has a ref of its own, named by the commit, so that two never meet. */
export async function writeComment(
  { place }: LocalState,
  number: number,
  { person, text }: { readonly person: string; readonly text: string },
): Promise<void> {
  if (!/^[\w][\w .@+-]{0,99}$/.test(person)) throw badName(person);
  const id = await commitWithout(place, { author: `${person} <>`, message: text });
  await pushRefs(place, place.clone, [
    { ref: `refs/sluice/comments/${number}/${id}`, from: undefined, to: id },
  ]);
}

/** The ref is made once: a second answer to the same comment finds it there and is dropped. */
export async function writeAnswer(
  { place, refs }: { readonly place: LocalState['place']; readonly refs: ForgeRefs },
  { number, id }: Pick<ProposalComment, 'id' | 'number'>,
  text: string,
): Promise<void> {
  const ref = answerRef(number, id);
  if (refs.has(ref)) return;
  const author = `${place.identity.name.replace(/[<>\n]/g, '')} <${place.identity.email}>`;
  const to = await commitWithout(place, { author, message: text });
  await pushRefs(place, place.clone, [{ ref, from: undefined, to }]);
}

/** A commit with no files and no parents. */
async function commitWithout(
  place: LocalState['place'],
  commit: { readonly author: string; readonly message: string },
): Promise<string> {
  const write = async (type: string, input: string) => {
    const args = ['hash-object', '-t', type, '-w', '--stdin'];
    const answer = await place.git({ directory: place.clone, args, input });
    return objectNameIn(answer.stdout.toString('latin1'), 'what was written');
  };
  const who = `${commit.author} ${Math.floor(place.clock.now())} +0000`;
  const tree = await write('tree', '');
  const head = `tree ${tree}\nauthor ${who}\ncommitter ${who}\n`;
  return write('commit', `${head}\n${commit.message}\n`);
}

const badName = (person: string): Fault =>
  new Fault('Usage', {
    object: `person ${person}`,
    check: 'the name can be written into a comment',
    expected: 'letters, digits, spaces and . _ @ + - inside',
    fix: 'Use the name that access.yaml has.',
  });
