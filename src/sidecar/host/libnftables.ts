import koffi from 'koffi';
import { Slots } from '../../shared/async.ts';
import type { CommandResult } from './command.ts';

/**
 * libnftables(3), of which nft(8) is made and which comes with it. It is called aside from the main thread, one call at a time of each
 * context. A context has the network that its thread had when it was made: the host's.
 */
interface Library {
  readonly newContext: (flags: number) => unknown;
  readonly bufferOutput: (context: unknown) => number;
  readonly bufferErrors: (context: unknown) => number;
  readonly setOutputFlags: (context: unknown, flags: number) => void;
  readonly run: { async(context: unknown, text: string, done: (error: Error | null, result: number) => void): void };
  readonly output: (context: unknown) => string;
  readonly errors: (context: unknown) => string;
}

// nftables/libnftables.h
const NFT_CTX_OUTPUT_JSON = 1 << 4;

const library = lazily(loadLibrary);
const loading = lazily(() => makeContext(0));
const listing = lazily(() => makeContext(NFT_CTX_OUTPUT_JSON));

/**
 * What nft(8) would do with these arguments, on the host. @returns undefined where that is something else than to load a text or to
 * list in JSON, or where there is no such library
 */
export function nftByLibrary(
  [program, ...words]: readonly string[],
  input = '',
): (() => Promise<CommandResult>) | undefined {
  if (program !== 'nft') return undefined;
  const isLoad = words.join(' ') === '-f -';
  const isList = words[0] === '--json' && words[1] === 'list';
  const context = isLoad ? loading() : isList ? listing() : undefined;
  return context && (() => context.run(isLoad ? input : `${words.slice(1).join(' ')}\n`));
}

class Context {
  readonly #library: Library;
  readonly #context: unknown;
  readonly #turns = new Slots(1);

  constructor(library: Library, outputFlags: number) {
    this.#library = library;
    this.#context = library.newContext(0);
    library.bufferOutput(this.#context);
    library.bufferErrors(this.#context);
    library.setOutputFlags(this.#context, outputFlags);
  }

  run(text: string): Promise<CommandResult> {
    return this.#turns.run(async () => {
      const result = await this.#call(text);
      const [stdout, errors] = [this.#library.output(this.#context), this.#library.errors(this.#context)];
      return { exitCode: result === 0 ? 0 : 1, stdout, stderr: errors.split('\n')[0] ?? '' }; // then what it is about
    });
  }

  #call = (text: string): Promise<number> =>
    new Promise((resolve, reject) => {
      this.#library.run.async(this.#context, text, (error, result) => (error ? reject(error) : resolve(result)));
    });
}

function makeContext(outputFlags: number): Context | undefined {
  const found = library();
  return found && new Context(found, outputFlags);
}

function loadLibrary(): Library | undefined {
  try {
    const nftables = koffi.load('libnftables.so.1');
    return {
      newContext: nftables.func('void *nft_ctx_new(uint32_t flags)'),
      bufferOutput: nftables.func('int nft_ctx_buffer_output(void *context)'),
      bufferErrors: nftables.func('int nft_ctx_buffer_error(void *context)'),
      setOutputFlags: nftables.func('void nft_ctx_output_set_flags(void *context, unsigned int flags)'),
      run: nftables.func('int nft_run_cmd_from_buffer(void *context, const char *text)'),
      output: nftables.func('const char *nft_ctx_get_output_buffer(void *context)'),
      errors: nftables.func('const char *nft_ctx_get_error_buffer(void *context)'),
    };
  } catch {
    return undefined; // another version of it: nft(8) does it
  }
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly it: T } | undefined;
  return () => {
    made ??= { it: make() };
    return made.it;
  };
}
