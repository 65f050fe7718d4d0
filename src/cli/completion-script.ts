import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const flagsOf = (command: Command): string[] => command.options.flatMap(({ long }) => long ?? []);
const operandsOf = (command: Command): string[] => [
  ...command.commands.map((child) => child.name()),
  ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
];
const wordsOf = (command: Command): string => [...operandsOf(command), ...flagsOf(command), '--help'].join(' ');

/** What may follow depends only on the first word that names a command. zsh runs this too, so no `mapfile`. */
function bash(program: Command): string {
  const names = program.commands.map((command) => command.name());
  return `_kasm_sidecar() {
  local word offered="${wordsOf(program)}"
  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}"; do
    case "$word" in
${program.commands.map((command) => `      ${command.name()}) offered="${wordsOf(command)} ${flagsOf(program).join(' ')}" ;;`).join('\n')}
    esac
    case "$word" in ${names.join('|')}) break ;; esac
  done
  COMPREPLY=($(compgen -W "$offered" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _kasm_sidecar kasm-sidecar`;
}

const zsh = (program: Command): string => `autoload -U +X bashcompinit && bashcompinit\n${bash(program)}`;

const fishText = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const fishFlags = (command: Command, condition: string): string[] =>
  command.options.map(
    ({ long, description, required }) =>
      `complete -c kasm-sidecar${condition} -l ${long?.slice(2)}${required ? ' -r' : ''} -d ${fishText(description)}`,
  );

const fishOperands = (command: Command, condition: string): string[] =>
  operandsOf(command).map((operand) => `complete -c kasm-sidecar -f${condition} -a ${operand}`);

function fishCommand(command: Command): string[] {
  const condition = ` -n '__fish_seen_subcommand_from ${command.name()}'`;
  return [
    `complete -c kasm-sidecar -f -n __fish_use_subcommand -a ${command.name()} -d ${fishText(command.description())}`,
    ...fishOperands(command, condition),
    ...fishFlags(command, condition),
  ];
}

const fish = (program: Command): string =>
  [...fishFlags(program, ''), ...program.commands.flatMap(fishCommand)].join('\n');

/** Made from the program itself, so it knows every command and option there is. */
export function completionScript(shell: Shell, program: Command): string {
  switch (shell) {
    case 'bash':
      return bash(program);
    case 'zsh':
      return zsh(program);
    case 'fish':
      return fish(program);
  }
}
