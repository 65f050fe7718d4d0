import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../src/sidecar/host/command.ts';

/** A certificate and its private key, in PEM. */
export interface Identity {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface IssueOptions {
  readonly algorithm?: 'ec' | 'rsa' | 'rsa-1024';
  /** Of the authority's signature. */
  readonly digest?: 'sha256' | 'sha1';
  /** Until it expires; less than 0: that long ago. */
  readonly days?: number;
}

const KEYS: Readonly<Record<NonNullable<IssueOptions['algorithm']>, readonly string[]>> = {
  ec: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  rsa: ['rsa:2048'],
  'rsa-1024': ['rsa:1024'],
};

/** A certificate authority in a folder of its own, made when it is first needed. */
export class Pki {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async ca(): Promise<string> {
    if (!existsSync(this.#file('ca.crt'))) {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await run([
        'openssl',
        'req',
        '-x509',
        ...this.#newKey('ca', 'ec'),
        '-out',
        this.#file('ca.crt'),
        '-subj',
        '/CN=Lab authority',
      ]);
    }
    return readFile(this.#file('ca.crt'), 'utf8');
  }

  async issue(
    name: string,
    purpose: 'serverAuth' | 'clientAuth',
    { algorithm = 'ec', digest = 'sha256', days = 30 }: IssueOptions = {},
  ): Promise<Identity> {
    await this.ca();
    if (!existsSync(this.#file(`${name}.crt`))) {
      await run([
        'openssl',
        'req',
        ...this.#newKey(name, algorithm),
        '-out',
        this.#file(`${name}.csr`),
        '-subj',
        `/CN=${name}`,
      ]);
      await writeFile(
        this.#file(`${name}.ext`),
        `extendedKeyUsage=${purpose}\nkeyUsage=digitalSignature,keyEncipherment\n`,
      );
      await run([
        ...(['openssl', 'x509', '-req', '-in', this.#file(`${name}.csr`), '-out', this.#file(`${name}.crt`)] as const),
        ...['-CA', this.#file('ca.crt'), '-CAkey', this.#file('ca.key'), '-CAcreateserial'],
        ...[`-${digest}`, '-days', String(days), '-extfile', this.#file(`${name}.ext`)],
      ]);
    }
    const [certificate, privateKey] = await Promise.all(
      ['crt', 'key'].map((end) => readFile(this.#file(`${name}.${end}`), 'utf8')),
    );
    return { certificate: certificate ?? '', privateKey: privateKey ?? '' };
  }

  #newKey(name: string, algorithm: keyof typeof KEYS): string[] {
    return ['-newkey', ...KEYS[algorithm], '-nodes', '-keyout', this.#file(`${name}.key`)];
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }
}
