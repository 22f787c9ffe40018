import type { Code, CommitId } from '../model/index.ts';
import type { CommitInfo, Ports } from '../ports.ts';
import { approvedBy } from './approved-by.ts';
import { coSigners } from './co-signers.ts';
import type { RulesAt } from './rules-at.ts';
import { signerOf } from './signer-of.ts';

/** Who stands behind a commit. */
export interface Deciders {
  /** Names in access.yaml. */
  readonly people: readonly string[];
  /** Further people who agreed to the whole of it, as these rules know them. */
  readonly others: (rules: RulesAt) => Promise<readonly string[]>;
  /** For the refusal: `signed by alice`. */
  readonly told: string;
  readonly verb: 'signed' | 'approved';
}

export interface Undecided {
  readonly code: Code;
  readonly problem: string;
}

type DeciderPorts = Pick<Ports, 'policyGit' | 'clock'> & Partial<Pick<Ports, 'forge'>>;

interface About {
  readonly previous: CommitId;
  readonly paths: readonly string[];
  readonly rules: RulesAt;
}

/**
 * Whose decision a commit is: in trust mode `keys` of who signed it; in `forge` of those who approved its pull request,
 * or of the controller, which signs what it commits by itself.
 */
export async function decidersOf(
  ports: DeciderPorts,
  commit: CommitInfo,
  about: About,
): Promise<Deciders | Undecided> {
  const signer = await signerOf(ports, commit.id, about.rules);
  if (about.rules.trust !== 'forge') {
    if ('problem' in signer) return { code: signer.code, problem: signer.problem };
    const others = (rules: RulesAt) => coSigners(ports, commit, { ...about, rules });
    const told = `signed by ${signer.person}`;
    return { people: [signer.person], others, told, verb: 'signed' };
  }
  if ('person' in signer && isProgram(about.rules, signer.person)) {
    const told = `signed by ${signer.person}`;
    return { people: [signer.person], others: async () => [], told, verb: 'signed' };
  }
  return approvedBy(ports, commit.id, about.rules);
}

/** Where people speak through the forge, who has no login there is the controller or another program. */
const isProgram = (rules: RulesAt, name: string): boolean =>
  Object.keys(rules.access?.people.get(name)?.logins ?? {}).length === 0;
