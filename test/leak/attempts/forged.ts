/** Nobody's: sources that are not the container's own. */
export const FORGED_IP = '198.18.7.7';
export const FORGED_IP6 = '2001:db8:77::7';
export const FORGED_MAC = '02:42:de:ad:be:ef';
