import { expect, it } from 'vitest';
import type { Sync } from '../../../src/executor/mirror/job.ts';
import { readMetadata } from '../../../src/executor/mirror/read-metadata.ts';
import type { UpstreamFiles } from '../../../src/executor/mirror/upstream-files.ts';
import { digestOf } from '../../../src/model/index.ts';
import type { Decompress } from '../../../src/ports.ts';
import { faultOf } from '../../support/fault-of.ts';
import { memoryDisk } from '../../support/memory-disk.ts';

const xml = `<?xml version="1.0"?><metadata xmlns="http://linux.duke.edu/metadata/common"
  xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="0"></metadata>`;

it('counts nothing of a file whose checksum was never reached', async () => {
  const files: UpstreamFiles = {
    addresses: ['/upstream/'],
    open: async function* () {
      yield Buffer.from(xml);
      yield Buffer.from('what the checksum would have told');
    },
    passedOver: () => {},
  };
  const content = async () => {
    const checksum = { type: 'sha256' as const, hex: digestOf('something else') };
    const record = { type: 'primary', href: 'repodata/primary.xml.gz', checksum, timestamp: 0 };
    return await readMetadata(syncWith(endsEarly), files, { revision: '', records: [record] });
  };
  const fault = await faultOf(content);
  expect(fault).toMatchObject({
    code: 'MetadataInvalid',
    object: 'primary of vendor',
    check: 'nothing follows the end of the document',
  });
});

/** A decompressor that is content when its format says the end has come. */
const endsEarly: Decompress = {
  open: async function* (_compression, source) {
    for await (const chunk of source) {
      yield chunk;
      return;
    }
  },
};

function syncWith(decompress: Decompress): Sync {
  const unused = () => {
    throw new Error('this test did not provide it');
  };
  return {
    ports: {
      disk: new Proxy({} as Sync['ports']['disk'], { get: unused }),
      fetch: { open: unused },
      threads: { run: unused },
      clock: { now: unused },
      log: { emit: unused },
      decompress,
    },
    store: { disk: memoryDisk(), root: '/state' },
    job: new Proxy({} as Sync['job'], { get: unused }),
    keyring: { keys: [] },
    now: 0,
    upstream: {
      name: 'vendor',
      url: '/upstream/',
      tree: 'x86_64',
      keys: [],
      require: { metadataSignature: false, packageSignatures: false },
      exceptions: [],
      include: [],
      exclude: [],
      verifyTags: {},
      limits: { maxPackageBytes: 1 },
      at: { file: 'upstreams/vendor.yaml', line: 1, col: 1 },
    },
  };
}
