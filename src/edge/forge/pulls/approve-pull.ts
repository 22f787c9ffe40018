import { Fault } from '../../../model/index.ts';
import type { PullRequest } from './pull-request.ts';
import type { PullsState } from './pulls-forge.ts';

/** A review by the token's user, where that is the person; nobody approves in another's name. */
export async function approvePull(
  state: PullsState,
  pull: PullRequest,
  person: string,
): Promise<void> {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/.test(person)) throw badName(person);
  const head = state.refs.get(`refs/heads/${pull.branch}`);
  if (pull.state !== 'open' || head === undefined) throw notOpen(pull);
  const login = await state.api.login();
  if (login?.toLowerCase() !== person.toLowerCase()) {
    throw onThePage(pull, `the token speaks for ${login ?? 'no user'}, not for ${person}`);
  }
  if (await state.api.approve(pull.number, head)) return;
  throw onThePage(pull, 'the forge does not take an approval from the one who opened it');
}

const onThePage = (pull: PullRequest, found: string): Fault =>
  new Fault('ForgeRefused', {
    object: `proposal ${pull.number}`,
    check: 'a person approves with their own login',
    found,
    fix: `Approve it on the forge's page: ${pull.page}`,
  });

const notOpen = (pull: PullRequest): Fault =>
  new Fault('ProposalUnknown', {
    object: `proposal ${pull.number}`,
    check: 'only an open proposal can be approved',
    found: pull.state,
    fix: 'Run `sluice pr list` for the open ones.',
  });

const badName = (person: string): Fault =>
  new Fault('Usage', {
    object: `person ${person}`,
    check: 'the name is a login of the forge',
    expected: 'letters, digits and . _ + - inside',
    fix: 'Use the login that access.yaml has.',
  });
