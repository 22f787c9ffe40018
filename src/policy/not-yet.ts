/** Keys that the design has and this version does not: `Kind.path` → what to do meanwhile. */
export const notYetKeys: Readonly<Record<string, string>> = {
  'Site.defaults': 'Write the values into the files of the channels and upstreams.',
  'Policy.notify': 'Delete it; look at `sluice status` or the dashboard.',
};
