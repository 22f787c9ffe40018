import { describe, expect, it } from 'vitest';
import { compressionsOf } from '../../src/controller/channel-publication.ts';
import { world } from '../support/world.ts';

describe('how channels will compress what comes in from an upstream', () => {
  const { desired } = world()
    .upstream('a', { tree: 'x86_64' })
    .upstream('b', { tree: 'x86_64' })
    .upstream('s', { tree: 'source' })
    .channel('alone', { base: ['a', 's'], compression: 'zst' })
    .channel('again', { base: ['a'], compression: 'zst' })
    .channel('together', { base: ['a', 'b'], compression: 'gz' })
    .value();
  const compressions = (name: string) => {
    const upstream = desired.upstreams.get(name);
    return upstream && compressionsOf(desired, upstream);
  };

  it('counts channels whose tree has no other upstream, each way once', () => {
    expect(compressions('a')).toEqual(['zst']);
    expect(compressions('s')).toEqual(['zst']);
  });

  it('leaves out those that cut its packages into other blocks', () => {
    expect(compressions('b')).toEqual([]);
  });
});
