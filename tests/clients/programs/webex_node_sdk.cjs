// Cisco's own SDK in Node; HYDRA_SERVICE_URL and IDBROKER_BASE_URL are its settings for another address.
process.env.HYDRA_SERVICE_URL = `${process.env.SANDBOX}/v1`;
process.env.IDBROKER_BASE_URL = process.env.SANDBOX;
process.on('unhandledRejection', (error) => console.log(`unhandled: ${error?.message?.slice(0, 300)}`));

(async () => {
  const told = await import('./told.mjs');
  const { CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, SANDBOX, BOT_TOKEN, check, person, step } = told;
  const WebexCore = require('@webex/webex-core').default;
  for (const name of ['authorization', 'logger', 'people', 'rooms', 'messages', 'memberships', 'webhooks', 'teams', 'attachment-actions']) {
    require(`@webex/plugin-${name}`);
  }
  const webex = new WebexCore({ config: {
    logger: { level: 'error' },
    credentials: { client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uri: REDIRECT_URI, scope: 'spark:all spark:kms', clientType: 'confidential' },
    hydra: `${SANDBOX}/v1`,
  } });
  await step('sign-in', async () => {
    const query = new URLSearchParams({
      client_id: CLIENT_ID, redirect_uri: REDIRECT_URI, response_type: 'code', scope: 'spark:all spark:kms', state: 'x',
    });
    const back = new URL(await person(`${SANDBOX}/v1/authorize?${query}`));
    await webex.authorization.requestAuthorizationCodeGrant({ code: back.searchParams.get('code') });
    check(webex.canAuthorize, 'it cannot authorize');
  });
  await step('people/me', async () => {
    const ada = await webex.people.get('me');
    check(ada.displayName === 'Ada Lovelace', JSON.stringify(ada));
    // Asked for together, the SDK sends one request with the ids in a row.
    const [one, two] = await Promise.all([webex.people.get(ada.id), webex.people.get(ada.id.replace(/$/, ''))]);
    check(one.id === ada.id && two.id === ada.id, 'other people');
  });
  await step('refresh', () => webex.refresh({ force: true }));
  let room;
  await step('messages', async () => {
    room = await webex.rooms.create({ title: 'A room' });
    await webex.memberships.create({ roomId: room.id, personEmail: 'grace@example.com' });
    const sent = await webex.messages.create({ roomId: room.id, markdown: '**Hello**' });
    check((await webex.messages.list({ roomId: room.id, max: 1 })).items[0].id === sent.id, 'another message');
    check((await webex.people.list({ email: 'grace@example.com' })).items.length === 1, 'no Grace');
    await webex.teams.create({ name: 'A team' });
  });
  await step('webhook', async () => {
    let heard;
    const delivery = new Promise((done) => { heard = done; });
    const url = await told.receiver((request, response) => { response.end(); heard(request.body); });
    await webex.webhooks.create({ name: 'mine', targetUrl: url, resource: 'messages', event: 'created', secret: 'a secret' });
    const [grace] = (await webex.rooms.list({ max: 1 })).items;
    await told.call('POST', '/v1/messages', { toPersonEmail: 'ada@example.com', text: 'Hello Zoë' }, await told.tokenOf('grace@example.com'));
    check(grace && (await told.within(8_000, delivery)).resource === 'messages', 'something else');
  });
  await step('card', async () => {
    const place = (await webex.rooms.list({ max: 1 })).items[0];
    const sent = await webex.messages.create({ roomId: place.id, text: 'A card', attachments: [told.card] });
    check((await webex.messages.get(sent.id)).attachments, 'the answer has no attachments');
    const action = await webex.attachmentActions.create({ type: 'submit', messageId: sent.id, inputs: { name: 'Ada' } });
    check(action.inputs.name === 'Ada', JSON.stringify(action));
  });
  await step('revoke', () => webex.logout({ noRedirect: true }));
  check(BOT_TOKEN, 'no bot');
  process.exit();
})();
