/** Both kinds of apostrophes are one: the one that names have is on no keyboard. */
const simplify = (text: string): string => text.replaceAll('’', "'").toLowerCase();

/**
 * Which names `text` chooses: the one that is called so, as a page or a failed test tells it; or else those that it matches as
 * a regular expression, as `GRE|VLAN`. Nothing chooses all.
 * @throws Error if it chooses none, with the names that there are: a round of no probes would pass
 */
export function chooseNames(text: string, names: readonly string[]): ReadonlySet<string> {
  const wanted = simplify(text);
  const exact = names.filter((name) => simplify(name) === wanted);
  const expression = new RegExp(wanted);
  const chosen = exact.length > 0 ? exact : names.filter((name) => expression.test(simplify(name)));
  if (chosen.length === 0) throw new Error(`there is no case ${text}; there are:\n${names.join('\n')}`);
  return new Set(chosen);
}
