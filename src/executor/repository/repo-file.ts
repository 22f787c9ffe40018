/** A public key that clients are told to trust, as a file beside the trees. */
export interface PublicKeyFile {
  /** File name, `RPM-GPG-KEY-…`. */
  readonly name: string;
  readonly armored: string;
}

export interface RepoFile {
  /** Prefix of the section names: the channel. */
  readonly channel: string;
  /** Where the directory is served, ending in a slash. */
  readonly baseUrl: string;
  readonly trees: readonly string[];
  readonly keys: readonly PublicKeyFile[];
  /** The metadata is signed, so clients shall insist. */
  readonly signed: boolean;
  /** The packages are signed; false only where the policy says that they are not. */
  readonly packagesSigned: boolean;
}

/** `<channel>.repo` for /etc/yum.repos.d (dnf.conf(5), REPO OPTIONS): one section per tree. */
export function repoFileText(repo: RepoFile): string {
  const gpgkey = repo.keys.map((k) => `${repo.baseUrl}${k.name}`).join('\n       ');
  const section = (tree: string) =>
    [
      `[${repo.channel}-${tree}]`,
      `name=${repo.channel} ${tree}`,
      `baseurl=${repo.baseUrl}${tree}/`,
      // Sources and debug symbols are for those who ask for them.
      `enabled=${tree === 'source' || tree === 'debug' ? 0 : 1}`,
      `gpgcheck=${repo.packagesSigned ? 1 : 0}`,
      `repo_gpgcheck=${repo.signed ? 1 : 0}`,
      ...(gpgkey === '' ? [] : [`gpgkey=${gpgkey}`]),
      '',
    ].join('\n');
  return repo.trees.map(section).join('\n');
}
