import type { EgressType, LaunchScriptInput } from '../shared/launch-script.ts';
import { UsageError } from './failures.ts';
import { guessType } from './guess-type.ts';
import { jsonPosition } from './json-position.ts';
import { readSecret, readText } from './read-text.ts';

/** The options of `launch` that say what the launch script is. */
export interface ScriptOptions {
  readonly script?: string;
  readonly config?: string;
  readonly type?: EgressType;
  readonly privateKeyFile?: string;
  readonly username?: string;
  readonly passwordFile?: string;
  readonly dns?: string[];
  readonly allow?: string[];
  readonly sessionId?: string;
  readonly provider?: string;
  readonly gateway?: string;
  readonly country?: string;
  readonly city?: string;
  readonly deadline?: number;
}

async function readScript(path: string): Promise<unknown> {
  const text = await readText(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`The launch script ${path} is not JSON ${jsonPosition(error)}.`);
  }
}

/** `undefined` stands for "not given": such fields are not sent. */
function given<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } | undefined {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return present.length === 0 ? undefined : (Object.fromEntries(present) as never);
}

const secretIn = async (path: string | undefined): Promise<string | undefined> =>
  path === undefined ? undefined : readSecret(path);

const credentialFrom = async ({ username, passwordFile, privateKeyFile }: ScriptOptions) =>
  given({ username, password: await secretIn(passwordFile), private_key: await secretIn(privateKeyFile) });

function checkCombination({ config, type }: ScriptOptions): void {
  if (type === 'openziti')
    throw new UsageError('OpenZiti needs identities: put them into a launch script, --script FILE.');
  if (type === 'none' && config !== undefined)
    throw new UsageError('--type none has no tunnel, so it takes no --config.');
  if (type !== 'none' && config === undefined)
    throw new UsageError('Give --config FILE, --script FILE or --type none.');
}

function typeOf({ type, config: path }: ScriptOptions, config: string | undefined): EgressType {
  const found = type ?? guessType(config ?? '');
  if (found === undefined) {
    throw new UsageError(
      `${path} looks like neither WireGuard nor OpenVPN.\nCheck the file, or name its kind with --type.`,
    );
  }
  return found;
}

/** @throws UsageError. What the values mean is for the daemon to check. */
export async function scriptFrom(options: ScriptOptions): Promise<unknown> {
  if (options.script !== undefined) return readScript(options.script);
  checkCombination(options);
  const config = options.config === undefined ? undefined : await readText(options.config);
  const { provider, dns, allow, sessionId, deadline, gateway: name, country, city } = options;
  const egress = {
    type: typeOf(options, config),
    ...given({ provider, gateway: given({ name, country, city }), config, dns, allow }),
    ...given({ credential: await credentialFrom(options) }),
  };
  return {
    version: 1,
    egress,
    ...given({ session_id: sessionId, deadline_seconds: deadline }),
  } satisfies LaunchScriptInput;
}
