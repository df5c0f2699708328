// Spreads made-up accounts over the shards of a cluster, and tells how evenly mail and load lie, and what a loss does.
//
//   node bench/simulate-cluster.mjs [--accounts 100000] [--shards 4] [--seed 1] ...
//
// What is modelled:
// - Mail of an account, and messages that it gets in a day: log-normal, independent unless --correlation is given.
//   Of the mail, --fast is what lies in mail, contents, pieces and terms.
// - Hashed sharding: the hash of an account is a random number, shards begin with equal ranges of hashes, and no range
//   is smaller than an account. (The server's hash is another function; both are uniform.)
// - The balancer: while the fullest and the emptiest shard differ by more than three ranges (--range), an account goes
//   from one to the other, unless it is larger than two ranges: such a range is marked jumbo and stays. Where zones
//   hold the collections together, there is no balancer: then the rows "by hash" are what stays.
// - Load: statements a second in the busy hour, which has --peak times the mean. A message costs --per-message
//   statements for its delivery and for what its reader does with it.
// - Members: shard i has its primary on host i and secondaries on the next two hosts. When a host is lost, one of them
//   takes over; when a shard is lost, its accounts are away, and nobody else's load changes.
// What is not: changes over time, caches, the directory, attachments.

const DEFAULTS = {
  accounts: 100_000,
  shards: 4,
  /** Median of an account's mail, in MB, and the sigma of its logarithm. */
  mail: 300,
  'mail-sigma': 1.6,
  /** Median of messages in a day, and the sigma of its logarithm. */
  messages: 25,
  'messages-sigma': 1.2,
  correlation: 0.6,
  fast: 0.2,
  peak: 3,
  'per-message': 25,
  /** MB. */
  range: 128,
  seed: 1,
};

const options = parseOptions(process.argv.slice(2));
const random = seeded(options.seed);
const { accounts, shards } = options;

// Accounts: fast-tier MB, statements a second, shard.
const fast = new Float64Array(accounts);
const load = new Float64Array(accounts);
const shardOf = new Int32Array(accounts);
let rest = Number.NaN;
for (let n = 0; n < accounts; n++) {
  const size = normal();
  const rate = options.correlation * size + Math.sqrt(1 - options.correlation ** 2) * normal();
  fast[n] = options.mail * Math.exp(options['mail-sigma'] * size) * options.fast;
  const daily = options.messages * Math.exp(options['messages-sigma'] * rate);
  load[n] = ((daily * options.peak) / 86_400) * options['per-message'];
  shardOf[n] = Math.floor(random() * shards);
}

const hashed = totals();
const moved = balance(hashed);
const balanced = totals();
report();

function totals() {
  const sums = { accounts: new Float64Array(shards), fast: new Float64Array(shards), load: new Float64Array(shards) };
  for (let n = 0; n < accounts; n++) {
    sums.accounts[shardOf[n]]++;
    sums.fast[shardOf[n]] += fast[n];
    sums.load[shardOf[n]] += load[n];
  }
  return sums;
}

/** Moves accounts as the balancer would; how many. */
function balance({ fast: before }) {
  const full = Float64Array.from(before);
  const movable = Array.from({ length: shards }, () => []);
  for (let n = 0; n < accounts; n++) if (fast[n] <= 2 * options.range) movable[shardOf[n]].push(n);
  let moves = 0;
  for (;;) {
    let most = 0;
    let least = 0;
    for (let shard = 1; shard < shards; shard++) {
      if (full[shard] > full[most]) most = shard;
      if (full[shard] < full[least]) least = shard;
    }
    const account = movable[most].at(-1);
    if (full[most] - full[least] <= 3 * options.range || account === undefined) return moves;
    movable[most].pop();
    movable[least].push(account);
    shardOf[account] = least;
    full[most] -= fast[account];
    full[least] += fast[account];
    moves++;
  }
}

function report() {
  const given = Object.entries(options).map(([name, value]) => `--${name} ${value}`);
  console.log(`${given.join(' ')}\n`);
  console.log('| a shard has | min | mean | max | max / mean |');
  console.log('| --- | --: | --: | --: | --: |');
  row('accounts, by hash', hashed.accounts, 1, 0);
  row('GB on the fast tier, by hash', hashed.fast, 1 / 1024, 1);
  row('GB on the fast tier, after the balancer', balanced.fast, 1 / 1024, 1);
  row('statements a second, busy hour', balanced.load, 1, 0);
  // A lone shard's next host has no other primary.
  const lost = (shard) => (shards === 1 ? 0 : balanced.load[(shard + shards - 1) % shards]);
  const afterHost = Array.from(balanced.load, (own, shard) => own + lost(shard));
  row('the same on the host that takes over from a lost one', afterHost, 1, 0);
  const share = balanced.accounts.map((count) => (100 * count) / accounts);
  row('accounts that are away when it is lost, %', share, 1, 2);

  const jumbo = fast.reduce((count, size) => count + (size > 2 * options.range ? 1 : 0), 0);
  const sizes = Float64Array.from(fast).sort();
  const loads = Float64Array.from(load).sort();
  const at = (sorted, part) => sorted[Math.min(accounts - 1, Math.floor(part * accounts))];
  console.log(`\nmoved by the balancer: ${moved} accounts; too large for it: ${jumbo} (${percent(jumbo / accounts)})`);
  console.log(
    `an account on the fast tier, MB: median ${at(sizes, 0.5).toFixed(0)}, 99 % below ${at(sizes, 0.99).toFixed(0)}, largest ${at(sizes, 1).toFixed(0)} (${percent(at(sizes, 1) / 1024 / mean(balanced.fast, 1 / 1024))} of a shard)`,
  );
  console.log(
    `an account's statements a second, busy hour: median ${at(loads, 0.5).toFixed(3)}, 99 % below ${at(loads, 0.99).toFixed(2)}, busiest ${at(loads, 1).toFixed(1)}`,
  );
  const all = balanced.load.reduce((sum, one) => sum + one, 0);
  console.log(
    `all shards: ${all.toFixed(0)} statements a second, ${(all / options['per-message']).toFixed(0)} messages`,
  );
}

function row(name, values, unit, digits) {
  const list = Array.from(values, (value) => value * unit);
  const middle = mean(list, 1);
  const cells = [Math.min(...list), middle, Math.max(...list)].map((value) => value.toFixed(digits));
  console.log(`| ${name} | ${cells.join(' | ')} | ${(Math.max(...list) / middle).toFixed(2)} |`);
}

function mean(values, unit) {
  return (values.reduce((sum, value) => sum + value, 0) * unit) / values.length;
}

function percent(part) {
  return `${(100 * part).toFixed(2)} %`;
}

/** Normal numbers, two at a time (Box and Muller). */
function normal() {
  if (!Number.isNaN(rest)) {
    const kept = rest;
    rest = Number.NaN;
    return kept;
  }
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  const angle = 2 * Math.PI * random();
  rest = radius * Math.sin(angle);
  return radius * Math.cos(angle);
}

/** Numbers from 0 to 1 (mulberry32). */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function parseOptions(args) {
  const found = { ...DEFAULTS };
  for (let at = 0; at < args.length; at += 2) {
    const name = args[at].replace(/^--/, '');
    const value = Number(args[at + 1]);
    if (!Object.hasOwn(DEFAULTS, name) || !Number.isFinite(value)) {
      throw new Error(
        `usage: ${Object.keys(DEFAULTS)
          .map((key) => `[--${key} N]`)
          .join(' ')}`,
      );
    }
    found[name] = value;
  }
  for (const name of ['accounts', 'shards']) {
    if (!Number.isSafeInteger(found[name]) || found[name] < 1) throw new Error(`--${name} is a whole number from 1 up`);
  }
  return found;
}
