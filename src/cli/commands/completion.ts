import { Argument, type Command } from 'commander';
import { completionScript, SHELLS, type Shell } from '../completion-script.ts';
import { out } from '../print.ts';

const HELP = `
bash:  source <(kasm-sidecar completion bash)
zsh:   source <(kasm-sidecar completion zsh)
fish:  kasm-sidecar completion fish | source`;

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print what makes your shell complete the commands and options')
    .addArgument(new Argument('<shell>', 'your shell').choices(SHELLS))
    .addHelpText('after', HELP)
    .action((shell: Shell) => out(completionScript(shell, program)));
}
