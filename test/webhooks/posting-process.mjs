// A process that posts the webhooks of a store until it is killed: node posting-process.mjs DIST PLACE

import { pathToFileURL } from 'node:url';

const [dist, place] = process.argv.slice(2);
const { openStore } = await import(pathToFileURL(`${dist}/index.js`).href);
const store = await openStore({
  ...JSON.parse(place),
  secret: Buffer.alloc(32, 7),
  webhooks: { allowPrivate: true, waitsMs: [20] },
});
store.webhooks.start();
setInterval(() => {}, 1000);
