/** Where a container stands when it is attacked, in words that fit every way of giving it a VPN. */
export const STATES = [
  {
    name: 'just started',
    meaning:
      'the container runs; what is to protect it has not begun its work. Held open for the attack; else it lasts as long as that needs',
  },
  { name: 'before the tunnel', meaning: 'the rules stand; the tunnel has not been begun' },
  { name: 'connecting', meaning: 'the tunnel is wanted, and its server never answers' },
  { name: 'failed', meaning: 'the deadline has passed without an answer; given up' },
  { name: 'connected', meaning: 'the tunnel carries traffic, as a page shows that was fetched through it' },
  { name: 'gateway silent', meaning: 'it was connected; the server has gone silent' },
  { name: 'tunnel dead', meaning: 'it was connected; the tunnel’s process was killed a moment ago' },
  { name: 'supervisor dead', meaning: 'it was connected; the program that watches over the tunnel was killed' },
  { name: 'both dead', meaning: 'as above, and the tunnel’s process was killed as well' },
  { name: 'restarted', meaning: 'it was connected; Docker has just started the container, or containers, again' },
] as const;

export type StateName = (typeof STATES)[number]['name'];
