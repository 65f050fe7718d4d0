import { access } from 'node:fs/promises';

/** Whether the kernel has IPv6 at all (`ipv6.disable=1` takes it away for every namespace). */
export const kernelHasIpv6 = (): Promise<boolean> =>
  access('/proc/sys/net/ipv6').then(
    () => true,
    () => false,
  );
