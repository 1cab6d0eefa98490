import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { BotApi, type Fault, TOKEN } from './bot-api.fixture.ts';
import { type SeenMessage, testMessengerContract } from './contract.ts';
import { fileMessenger } from './file.ts';
import { escapeHtml, plainText } from './html.ts';
import type { OutgoingText } from './port.ts';
import { telegramMessenger } from './telegram.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'cst-messenger-'));

testMessengerContract('file', async () => {
  const dir = folder();
  const messenger = fileMessenger({ dir });
  return {
    messenger,
    reopen: async () => fileMessenger({ dir }),
    seen: async (chat) => readMessages(dir, chat),
    dispose: () => messenger.close(),
  };
});

testMessengerContract('Telegram', async () => {
  const server = await new BotApi().start();
  const open = () => telegramMessenger({ token: TOKEN, apiRoot: server.url });
  const messenger = open();
  return {
    messenger,
    reopen: async () => open(),
    seen: async (chat) => server.seen(chat),
    async dispose() {
      await messenger.close();
      await server.stop();
    },
  };
});

function readMessages(dir: string, chat: string): SeenMessage[] {
  const messages = new Map<number, SeenMessage>();
  for (const line of readFileSync(join(dir, 'messages.ndjson'), 'utf8').split('\n').filter(Boolean)) {
    const { kind, chat: of, file, ...message } = JSON.parse(line);
    if (of !== chat) continue;
    const before = messages.get(message.id);
    const png = file === null ? null : readFileSync(join(dir, file));
    const next =
      kind === 'edit' ? { ...before, html: message.html, buttons: message.buttons } : { ...message, png };
    messages.set(message.id, next);
  }
  return [...messages.values()];
}

const text: OutgoingText = { chat: '7', html: 'x', buttons: [], isSilent: false, replyTo: null };

describe('fileMessenger', () => {
  it('leaves no half a line on a full disk', () => {
    const dir = folder();
    const script = `
      const { fileMessenger } = await import(${JSON.stringify(join(import.meta.dirname, 'file.ts'))});
      const messenger = fileMessenger({ dir: ${JSON.stringify(dir)} });
      const message = { chat: '0', html: 'x'.repeat(300), buttons: [], isSilent: false, replyTo: null };
      for (;;) await messenger.send(message);`;
    // A file that may not grow fails as one on a full disk does. Unit: KiB.
    const limited = [
      '-c',
      'ulimit -f 1; exec "$@"',
      'limited',
      process.execPath,
      '--input-type=module',
      '-e',
    ];
    const { stderr } = spawnSync('bash', [...limited, script], { encoding: 'utf8' });
    expect(stderr).toMatch(/UpstreamError: Expected to write a message into/);
    const text = readFileSync(join(dir, 'messages.ndjson'), 'utf8');
    expect(text).toMatch(/"id":1,.*\n.*"id":2,.*}\n$/);
  });

  it('echoes what a reader sees', async () => {
    const lines: string[] = [];
    const messenger = fileMessenger({ dir: folder(), echo: (line) => lines.push(line) });
    await messenger.send({ ...text, html: '<b>LONG</b> 1 &lt; 2 &amp; 3' });
    await messenger.close();
    expect(lines).toEqual(['LONG 1 < 2 & 3']);
  });

  it('goes on behind a line that a crash cut off', async () => {
    const dir = folder();
    writeFileSync(join(dir, 'messages.ndjson'), '{"kind":"te');
    const first = fileMessenger({ dir });
    const sent = await first.send(text);
    await first.close();
    const second = fileMessenger({ dir });
    expect(await second.probe({ chat: '7', messageId: 1, buttons: [] })).toMatchObject({ value: 'same' });
    await second.close();
    expect(sent).toEqual({ kind: 'done', value: 1 });
  });

  it('says which folder it cannot use', () => {
    const dir = join(folder(), 'a');
    writeFileSync(dir, '');
    expect(() => fileMessenger({ dir })).toThrow(dir);
  });
});

describe('telegramMessenger', () => {
  const servers: BotApi[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
  });

  /** The outcome of one message under a fault. */
  async function under(fault: Fault | null, timeoutMs = 2_000) {
    const server = await new BotApi().start();
    servers.push(server);
    server.fault = () => fault;
    const messenger = telegramMessenger({ token: TOKEN, apiRoot: server.url, timeoutMs });
    return { outcome: await messenger.send(text), server, messenger };
  }

  it.each<[string, Fault]>([
    ['a cut before', { what: 'cut', when: 'before' }],
    ['a cut after', { what: 'cut', when: 'after' }],
    ['a 500 before', { what: 500, when: 'before' }],
    ['a 502 of a proxy after', { what: 502, when: 'after', isHtml: true }],
  ])('does not claim to know what became of a message at %s', async (_, fault) => {
    const { outcome } = await under(fault);
    expect(outcome).toMatchObject({ kind: 'unknown' });
    expect(inspect(outcome, { depth: 9 })).not.toContain('TEST-token');
  });

  it('gives up an answer that does not come', async () => {
    const { outcome } = await under({ what: 'hang', when: 'after' }, 50);
    expect(outcome).toEqual({ kind: 'unknown', reason: 'Telegram did not answer within 50 ms.' });
  });

  it('tells how long Telegram wants it to wait', async () => {
    const { outcome } = await under({ what: 'retry', retryAfter: 17 });
    expect(outcome).toMatchObject({ kind: 'later', afterMs: 17_000 });
  });

  it('knows that nothing was sent where nobody listens', async () => {
    const { server, messenger } = await under(null);
    await server.stop();
    const outcome = await messenger.send(text);
    expect(outcome).toMatchObject({ kind: 'later', afterMs: null });
    expect(inspect(outcome)).toContain('ECONNREFUSED');
  });

  it('says why Telegram refuses, and whose fault it is', async () => {
    const { server, messenger } = await under(null);
    server.closedChats.add('7');
    expect(await messenger.send(text)).toMatchObject({ kind: 'refused', isOurs: false });
    expect(await messenger.send({ ...text, chat: '8', html: '<x>' })).toMatchObject({ kind: 'refused' });
    const wrong = telegramMessenger({ token: TOKEN.replace('01', '02'), apiRoot: server.url });
    expect(await wrong.send(text)).toMatchObject({ kind: 'refused', isOurs: true });
  });

  it('ends what is under way when it is closed', async () => {
    const server = await new BotApi().start();
    servers.push(server);
    server.fault = () => ({ what: 'hang', when: 'before' });
    const messenger = telegramMessenger({ token: TOKEN, apiRoot: server.url });
    const sending = messenger.send(text);
    await messenger.close();
    expect(await sending).toMatchObject({ kind: 'unknown' });
  });

  it('never shows the token, whatever goes wrong', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const roots = [
      `http://127.0.0.1:${port}`,
      'http://localhost:1',
      'ftp://127.0.0.1',
      'http://nowhere.invalid',
    ];
    for (const apiRoot of roots) {
      const messenger = telegramMessenger({ token: TOKEN, apiRoot, timeoutMs: 1_000 });
      const seen = [
        await messenger.send(text),
        await messenger.sendPhoto({ ...text, png: new Uint8Array(3), fileName: 'a' }),
        await messenger.edit({ chat: '7', messageId: 1, html: 'x', buttons: [] }),
        messenger,
      ];
      expect(inspect(seen, { depth: 9, showHidden: true })).not.toContain('TEST-token');
    }
    for (const token of ['TEST-token', `${TOKEN} `]) {
      expect(() => telegramMessenger({ token })).toThrow(/^(?!.*TEST-token).*BotFather/);
    }
  });
});

it('escapes what a text may hold, and gives it back', () => {
  const nasty = `<b>&amp; "quoted" 'text' </pre>`;
  expect(escapeHtml('a<b>&')).toBe('a&lt;b&gt;&amp;');
  expect(plainText(`<i>${escapeHtml(nasty)}</i>`)).toBe(nasty);
});
