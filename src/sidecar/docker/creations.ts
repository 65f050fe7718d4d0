import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { z } from 'zod';
import type { Container } from './container-folder.ts';

/** As much of a container as Docker tells when it creates it. */
export type CreatedContainer = Pick<Container, 'id' | 'name' | 'labels'>;

const ASK_AGAIN_AFTER_MS = 2_000;
const FILTERS: Docker.GetEventsOptions['filters'] = { type: ['container'], event: ['create'] };

/** Engine API, `GET /events`: a container's labels stand among the attributes, beside its name and image. */
const creation = z.object({
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()).and(z.object({ name: z.string() })) }),
});

/**
 * Tells of every container that Docker creates, some 0.1 s before it asks us for an endpoint. For as long as this process
 * lives: an engine that can't be asked, or ends, is asked again. What is created meanwhile nobody hears of.
 */
export async function watchCreations(socketPath: string, onCreated: (container: CreatedContainer) => void) {
  const docker = new Docker({ socketPath });
  for (;;) {
    await listen(docker, onCreated).catch(() => undefined); // no engine: `health` says so
    await sleep(ASK_AGAIN_AFTER_MS, undefined, { ref: false });
  }
}

async function listen(docker: Docker, onCreated: (container: CreatedContainer) => void): Promise<void> {
  const input = await docker.getEvents({ filters: FILTERS });
  const lines = createInterface({ input });
  input.on('error', () => lines.close()); // an engine that dies
  for await (const line of lines) {
    const container = parseCreation(line);
    if (container) onCreated(container);
  }
}

/** Pure. Undefined for what is none. */
export function parseCreation(line: string): CreatedContainer | undefined {
  const { data } = creation.safeParse(readJson(line));
  if (!data) return undefined;
  const { ID: id, Attributes } = data.Actor;
  return { id, name: Attributes.name, labels: Attributes };
}

function readJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
