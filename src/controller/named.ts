/**
 * Whether a request was meant for this server. A page of somebody else can have its own name lead to an address of this
 * network (DNS rebinding), and then reads in a browser here what that browser may read; `Host` tells such a name. An
 * address is no name, and one without a dot is of this network. `host` may carry a port; HTTP/1.0 asks without one.
 */
export function isNamed(host: string | undefined, names: readonly string[]): boolean {
  if (host === undefined) return true;
  const name = host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
  const isAddress = /^\d{1,3}(\.\d{1,3}){3}$/.test(name) || /^\[[0-9a-f:.]+\]$/.test(name);
  return isAddress || !name.includes('.') || names.some((own) => own.toLowerCase() === name);
}
