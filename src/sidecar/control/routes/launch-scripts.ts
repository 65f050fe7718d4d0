import { z } from 'zod';
import { launchScriptSchema } from '../../../shared/launch-script.ts';
import { launchScriptView } from '../../../shared/session-view.ts';
import { jsonBody } from '../json-body.ts';
import { keySchema, parseKey } from '../key.ts';
import type { LaunchScriptControl } from '../ports.ts';
import { jsonReply, problems } from '../reply.ts';
import type { Route } from '../route.ts';

export const launchScriptList = z.object({ launch_scripts: z.array(launchScriptView) });

/** Named here and not among the document's components: only what is sent, not what zod makes of it, can be described. */
const launchScript = launchScriptSchema.meta({ id: 'LaunchScript' });

const tags = ['launch scripts'];
const requestParams = { path: z.object({ key: keySchema }) };
const PATH = '/v1/launch-scripts/{key}';

const put = (launchScripts: LaunchScriptControl): Route => ({
  method: 'put',
  path: PATH,
  operation: {
    operationId: 'putLaunchScript',
    summary: 'Store a launch script, and start or change the session of its container',
    tags,
    requestParams,
    requestBody: { required: true, content: { 'application/json': { schema: launchScript } } },
    responses: {
      202: jsonReply('What was understood. The same body again changes nothing', launchScriptView),
      ...problems(400, 413, 415, 422),
    },
  },
  handlers: [
    ...jsonBody,
    async (request, response) => {
      response.status(202).json(await launchScripts.put(parseKey(request.params), request.body));
    },
  ],
});

const list = (launchScripts: LaunchScriptControl): Route => ({
  method: 'get',
  path: '/v1/launch-scripts',
  operation: {
    operationId: 'listLaunchScripts',
    summary: 'The launch scripts that wait for their container',
    tags,
    responses: { 200: jsonReply('Without secrets', launchScriptList), ...problems() },
  },
  handlers: [
    async (_request, response) => {
      response.json({ launch_scripts: await launchScripts.list() } satisfies z.infer<typeof launchScriptList>);
    },
  ],
});

const remove = (launchScripts: LaunchScriptControl): Route => ({
  method: 'delete',
  path: PATH,
  operation: {
    operationId: 'deleteLaunchScript',
    summary: 'Forget a launch script; a running session is then blocked',
    tags,
    requestParams,
    responses: { 204: { description: 'Forgotten' }, ...problems(404, 422) },
  },
  handlers: [
    async (request, response) => {
      await launchScripts.remove(parseKey(request.params));
      response.status(204).end();
    },
  ],
});

export const launchScriptRoutes = (launchScripts: LaunchScriptControl): Route[] => [
  put(launchScripts),
  list(launchScripts),
  remove(launchScripts),
];
