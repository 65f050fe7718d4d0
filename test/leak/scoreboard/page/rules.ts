/** What the figures mean, for whoever reads nothing else. */
export const RULES = [
  'An attacker in the container fires every case of `test/leak/cases`; all of the host’s interfaces are captured. A case has leaked',
  'when one packet of it was seen in the clear behind the host’s end of the container’s own wire. It counts only where it was *shown*:',
  'an unprotected container with the same capabilities fired the same right after, and that was seen. What a posture can’t even try',
  '(a raw socket without NET_RAW) is left out. A case whose control was not seen is an error, not a pass.',
  '',
  'To be read with care:',
  '',
  '- The others don’t set out to shield the host and its neighbours on a Docker network, or to hold a root with NET_ADMIN. What counts',
  '  for the internet is the number in brackets, and for an ordinary container the first table.',
  '- Docker’s default capabilities have NET_RAW: packet sockets pass every rule of the container’s own namespace. *By posture* has a column',
  '  without it.',
  '- The host’s resolver is on loopback, as systemd-resolved and dnsmasq are. Docker’s resolver then asks from the host, whatever stands in',
  '  the container; most programs don’t ask it where another one stands in resolv.conf.',
  '- A bridge that has learnt from forged frames withholds some that follow, so what reached neighbours differs by a few cases from run to run.',
  '- *The way to the proxy* is an exception of our networks; its cases are fired at ours alone.',
];
