// webex-node-bot-framework as its README starts it: webhooks, a secret, `hears`, and a card.
process.env.HYDRA_SERVICE_URL = `${process.env.SANDBOX}/v1`;
process.env.IDBROKER_BASE_URL = process.env.SANDBOX;
process.on('unhandledRejection', (error) => console.log(`unhandled: ${error?.message?.slice(0, 300)}`));

(async () => {
  const told = await import('./told.mjs');
  const { BOT_TOKEN, call, check, step, tokenOf, within } = told;
  const Framework = require('webex-node-bot-framework');
  let framework;
  const url = await told.receiver((request, response) => {
    if (process.env.WATCH) console.log(`delivery ${JSON.stringify(request.body)}`);
    handle(request, response);
  });
  let handle = (request, response) => response.end();
  const grace = await tokenOf('grace@example.com');
  // The space is there before the framework starts: it drops the first message of a new one.
  await call('POST', '/v1/messages', { toPersonEmail: 'events@webex.bot', text: 'Open' }, grace);
  await step('people/me', async () => {
    framework = new Framework({ token: BOT_TOKEN, webhookUrl: url, webhookSecret: 'a secret' });
    framework.on('error', (error) => console.log(`error: ${error}`));
    const ready = new Promise((done) => framework.on('initialized', done));
    framework.start();
    handle = require('webex-node-bot-framework/webhook')(framework);
    await within(15_000, ready);
    check(framework.person.displayName === 'Events', JSON.stringify(framework.person));
  });
  let bot;
  await step('webhook', async () => {
    const heard = new Promise((done) => framework.hears(/hello/i, (b, trigger) => { bot = b; done(trigger); }));
    await call('POST', '/v1/messages', { toPersonEmail: 'events@webex.bot', text: 'Hello Zoë' }, grace);
    const trigger = await within(10_000, heard);
    check(trigger.message.text === 'Hello Zoë', JSON.stringify(trigger.message));
  });
  await step('messages', async () => {
    const sent = await bot.say('markdown', '**Hello** yourself');
    check(sent.id, JSON.stringify(sent));
    check(sent.html, 'no html');
  });
  await step('card', async () => {
    const submitted = new Promise((done) => framework.on('attachmentAction', (b, trigger) => done(trigger)));
    const sent = await bot.sendCard(told.card.content, 'A card');
    check(sent.attachments, 'the answer has no attachments');
    await call('POST', '/v1/attachment/actions', { type: 'submit', messageId: sent.id, inputs: { name: 'Grace' } }, grace);
    check((await within(10_000, submitted)).attachmentAction.inputs.name === 'Grace', 'other inputs');
  });
  process.exit();
})();
