// botbuilder-adapter-webex: it registers its firehose (all/all), checks signatures, makes activities.
process.env.HYDRA_SERVICE_URL = `${process.env.SANDBOX}/v1`;
process.env.IDBROKER_BASE_URL = process.env.SANDBOX;
process.on('unhandledRejection', (error) => console.log(`unhandled: ${error?.message?.slice(0, 300)}`));

(async () => {
  const told = await import('./told.mjs');
  const { BOT_TOKEN, call, check, step, tokenOf, within } = told;
  const { WebexAdapter } = require('botbuilder-adapter-webex');
  let heard;
  const activities = [];
  const refusals = [];
  let adapter;
  const url = await told.receiver(async (request, response) => {
    try {
      await adapter.processActivity(request, response, async (context) => {
        activities.push(context.activity);
        heard?.(context.activity);
      });
    } catch (error) { refusals.push(error.message); response.end(); }
  });
  adapter = new WebexAdapter({ access_token: BOT_TOKEN, public_address: url, secret: 'a secret' });
  const grace = await tokenOf('grace@example.com');
  await step('people/me', async () => {
    check((await within(8_000, adapter.getIdentity())).displayName === 'Events', 'another bot');
  });
  await step('webhook', async () => {
    // The adapter registers https, whatever public_address says; this receiver has no certificate.
    await adapter._api.webhooks.create({ name: 'Botkit Firehose', resource: 'all', event: 'all', secret: 'a secret', targetUrl: `${url}/api/messages` });
    const message = new Promise((done) => {
      heard = (activity) => activity.type === 'message' && activity.text?.includes('Zoë') && done();
    });
    await call('POST', '/v1/messages', { toPersonEmail: 'events@webex.bot', text: 'Hello Zoë' }, grace);
    await within(8_000, message).catch((error) => { throw new Error(`${error.message}; refused: ${refusals.join('; ')}`); });
  });
  await step('messages', async () => {
    const [activity] = activities.filter((a) => a.type === 'message');
    const [sent] = await adapter.sendActivities({ activity }, [{ type: 'message', text: 'Hello', conversation: { id: activity.conversation.id } }]);
    check(sent.id, JSON.stringify(sent));
  });
  await step('card', async () => {
    const [activity] = activities.filter((a) => a.type === 'message');
    const [sent] = await adapter.sendActivities({ activity }, [{ type: 'message', text: 'A card', attachments: [told.card], conversation: { id: activity.conversation.id } }]);
    check(sent.attachments, 'the answer has no attachments');
  });
  process.exit();
})();
