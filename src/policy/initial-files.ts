import { armoredBlocks } from './rules/keys.ts';
import { policySchemas } from './schemas.ts';

export interface InitialUpstream {
  readonly name: string;
  readonly url: string;
  readonly tree: string;
  /** Armored public keys of the vendor; without one, signatures are not demanded and a comment says so. */
  readonly keyFiles: readonly { readonly name: string; readonly text: string }[];
}

export interface InitialOptions {
  readonly name: string;
  readonly url: string;
  readonly upstreams: readonly InitialUpstream[];
  /** The public half of the site's key, and its full fingerprint. */
  readonly siteKey: { readonly text: string; readonly fingerprint: string };
}

interface TextFile {
  readonly path: string;
  readonly text: string;
}

/**
 * What `sluice init` writes: a small, working policy repository with comments. The schemas come with it, so that
 * editors complete and check without a network.
 */
export function initialFiles(given: InitialOptions): readonly TextFile[] {
  const upstreams = (given.upstreams.length === 0 ? [placeholder] : given.upstreams).map(
    oneKeyAFile,
  );
  const options = { ...given, upstreams };
  const trees = [...new Set(upstreams.map((u) => u.tree))];
  const files: TextFile[] = [
    { path: 'README.md', text: readme(options) },
    { path: 'sluice.yaml', text: site(options) },
    { path: 'policies/default.yaml', text: defaultPolicy },
    { path: 'channels/testing.yaml', text: testing(upstreams, trees) },
    { path: 'channels/production.yaml', text: production(upstreams, trees) },
    { path: 'keys/site.asc', text: options.siteKey.text },
  ];
  for (const upstream of upstreams) {
    files.push({ path: `upstreams/${upstream.name}.yaml`, text: upstreamText(upstream) });
    for (const key of upstream.keyFiles) files.push({ path: keyPath(key.name), text: key.text });
  }
  for (const [kind, schema] of Object.entries(policySchemas())) {
    const text = `${JSON.stringify(schema, null, 2)}\n`;
    files.push({ path: `.sluice/schemas/${kind}.schema.json`, text });
  }
  const byPath = new Map(files.map((f) => [f.path, f]));
  return [...byPath.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Where no upstream is named, something to fill in. */
const placeholder: InitialUpstream = {
  name: 'vendor',
  url: 'file:///srv/vendor/',
  tree: 'x86_64',
  keyFiles: [],
};

/** Vendors put several key blocks into one file; a policy repository has one a file, so that each can be named. */
function oneKeyAFile(upstream: InitialUpstream): InitialUpstream {
  const keyFiles = upstream.keyFiles.flatMap(({ name, text }) => {
    const blocks = armoredBlocks(text);
    if (blocks.length < 2) return [{ name, text }];
    const plain = name.replace(/\.asc$/, '');
    return blocks.map((block, i) => ({ name: `${plain}-${i + 1}`, text: `${block}\n` }));
  });
  return { ...upstream, keyFiles };
}

const keyPath = (name: string): string => `keys/${name.replace(/\.asc$/, '')}.asc`;

/** Single quotes keep everything but themselves. */
const quoted = (text: string): string =>
  /^[A-Za-z0-9/][A-Za-z0-9._/:-]*[A-Za-z0-9/]$/.test(text)
    ? text
    : `'${text.replaceAll("'", "''")}'`;

const head = (kind: string, up: string): string =>
  `# yaml-language-server: $schema=${up}.sluice/schemas/${kind.toLowerCase()}.schema.json
apiVersion: sluice/v1
kind: ${kind}
`;

function site({ name, url, siteKey }: InitialOptions): string {
  return `${head('Site', '')}name: ${quoted(name)}
url: ${quoted(url)}        # where machines find the published repositories
trust: { mode: open }   # whoever can push to this repository decides
# The site's key, keys/site.asc: ${siteKey.fingerprint}
`;
}

function upstreamText(upstream: InitialUpstream): string {
  const keys = upstream.keyFiles.map((k) => quoted(keyPath(k.name))).join(', ');
  const signed = upstream.keyFiles.length > 0;
  const warning = signed
    ? ''
    : '# No key was given, so nothing shows who made these packages. Add keys and demand signatures.\n';
  return `${head('Upstream', '../')}name: ${upstream.name}
url: ${quoted(upstream.url)}
tree: ${upstream.tree}   # the tree of a channel that its packages enter
keys: [${keys}]   # the only keys that count for this upstream
${warning}require: { metadataSignature: ${signed}, packageSignatures: ${signed} }
exceptions: []   # such as {allow: sha1, packages: ["libfoo-*"], until: 2027-01-01, reason: "re-signed in March"}
schedule: "17 */4 * * *"   # when to look for news, in UTC
exclude: []   # globs on names, such as "*-debuginfo"
`;
}

const defaultPolicy = `${head('Policy', '../')}# Without match this decides about every package that no other policy matches. For an exception, add a file beside it:
#   match: { packages: ["kernel", "kernel-*"] }
#   action: hold
name: default
action: copy   # copy | hold | skip
approvals:     # auto: the controller decides; ask: it opens a pull request; never
  testing: auto
  production: ask
comments: what nobody decided otherwise is taken as it is, tested, and asked for before production
`;

const base = (upstreams: readonly InitialUpstream[]): string =>
  upstreams.map((u) => `  - { upstream: ${u.name}, advance: updates }\n`).join('');

function testing(upstreams: readonly InitialUpstream[], trees: readonly string[]): string {
  return `${head('Channel', '../')}name: testing
path: testing
trees: [${trees.join(', ')}]
base:   # the controller pins a snapshot here; later changes arrive as updates
${base(upstreams)}keep: 2   # newest versions per name and arch, or all
gates: { closure: { mode: report } }   # missing dependencies are shown, nothing is blocked
`;
}

function production(upstreams: readonly InitialUpstream[], trees: readonly string[]): string {
  return `${head('Channel', '../')}name: production
path: production
trees: [${trees.join(', ')}]
base:   # starts with what testing starts with
${base(upstreams)}follows: testing   # what comes here has been in testing
keep: 2   # newest versions per name and arch, or all
gates:
  soak: 7d   # for so long
  closure: { mode: enforce }   # and breaks no dependency
  removals: { percent: 10 }   # and does not empty the channel
`;
}

function readme({ name, url, upstreams }: InitialOptions): string {
  return `# Policy of ${name}

What machines install from ${url} is decided here. The controller makes the published repositories exactly what the
main branch says.

| to do this | do that |
|---|---|
| see what would happen | \`sluice plan\` |
| accept an update | merge its pull request |
| take it back | \`git revert -m 1\` of the merge |
| keep a package back | a file under \`policies/\` with \`action: hold\` |
| check before a push | \`sluice validate\` |

| file | says |
|---|---|
| \`sluice.yaml\` | the site: name and public URL |
| \`upstreams/\` | what is mirrored: ${upstreams.map((u) => u.name).join(', ')} |
| \`policies/\` | what is done with which packages; \`default.yaml\` is for all the others |
| \`channels/\` | what is published: \`testing\` takes updates by itself, \`production\` asks |
| \`updates/\`, \`promotions/\`, \`holds/\` | written by the controller: what can go where, and what must not come back |
| \`keys/\` | public keys; \`site.asc\` signs the repositories |
`;
}
