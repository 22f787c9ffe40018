import { buildingSite, buildStep, queueOf } from './building-site.ts';

/** A controller in a process of its own that builds something endless: `build-until-killed.ts STATE SECONDS`. */
const [root = '', seconds = ''] = process.argv.slice(2);
const site = buildingSite(undefined, root);
const source = await site.source(`%install\nsleep ${seconds}\n%files\n`);
const queue = queueOf(await site.open());
queue.put(buildStep(source));
await queue.idle();
