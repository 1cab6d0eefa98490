/** Sends to one chat, a step at a time: the next message in turn, a look for one whose fate is unknown, or an edit. */
import type { Clock } from '../../connectors/clock/port.ts';
import type { Button, Messenger, Outcome } from '../../connectors/messenger/port.ts';
import type { Meter } from '../../connectors/metrics/meter.ts';
import type { Stages } from '../../connectors/telemetry/stages.ts';
import { alertSettled } from '../alert-stages.ts';
import { mayGoAt } from './limits.ts';
import {
  afterCrash,
  afterProbe,
  afterSend,
  beforeSend,
  type Delivery,
  editAgainAt,
  type State,
} from './outbox.ts';
import { renderAlert, renderExit } from './render.ts';
import type { NotifierSettings } from './settings.ts';
import { type OutboxStore, refOf, type StoredDelivery, type StoredThread } from './store.ts';

export interface ChatSenderOptions {
  readonly chat: string;
  readonly store: OutboxStore;
  readonly messenger: Messenger;
  readonly clock: Clock;
  readonly settings: NotifierSettings;
  readonly stages?: Stages | undefined;
  readonly unlimited?: readonly string[];
  readonly closing: AbortSignal;
  readonly onSent: () => void;
  readonly onTrouble: (line: string, signal?: string) => void;
  readonly meter?: Meter | undefined;
}

/** Of what is still to be sent. */
const OPEN: readonly State[] = ['QUEUED', 'SENDING', 'UNKNOWN'];
const GREETING = '🔔 Alerts of Crypto Signal Tracker arrive here.';
/** Wait before a greeting is tried again. Unit: ms. */
const GREET_AGAIN_MS = 5_000;

export class ChatSender {
  readonly #options: ChatSenderOptions;
  readonly #store: OutboxStore;
  /** Telegram wants us to leave the chat alone until then. */
  #blockedUntil = 0;
  #isGreeted = false;

  constructor(options: ChatSenderOptions) {
    this.#options = options;
    this.#store = options.store;
  }

  /** The time until which there is nothing to do; null to go on. */
  async step(): Promise<number | null> {
    const { chat, clock } = this.#options;
    const now = clock.now();
    const open = this.#store.nextOpen(chat);
    // Nobody else sends to this chat, so its sender has died.
    if (open?.state === 'SENDING') {
      this.#store.put(open.id, afterCrash(open, now));
      return null;
    }
    const edit = open?.state === 'UNKNOWN' ? undefined : this.#store.nextEdit(chat, now);
    const isEditFirst =
      edit !== undefined && (open === undefined || edit.updated < open.noticed || open.due > now);
    if (!isEditFirst && (open === undefined || open.due > now)) {
      return Math.min(
        open?.due ?? Number.POSITIVE_INFINITY,
        this.#store.nextEditDue(chat) ?? Number.POSITIVE_INFINITY,
      );
    }
    const free = Math.max(this.#limitedUntil(now), this.#blockedUntil);
    if (free > now) return this.#until(free);
    if (isEditFirst) await this.#edit(edit);
    else if (open?.state === 'UNKNOWN') await this.#probe(open);
    else if (open && (await this.#greet())) await this.#send(open);
    return null;
  }

  #limitedUntil(now: number): number {
    return this.#isLimited ? mayGoAt(this.#options.chat, this.#store.calls(now)) : now;
  }

  get #isLimited(): boolean {
    return this.#options.unlimited?.includes(this.#options.chat) !== true;
  }

  #addCall(now: number): void {
    if (this.#isLimited) this.#store.addCall(this.#options.chat, now);
  }

  /** New work does not make the limits end sooner. */
  async #until(ms: number): Promise<null> {
    await this.#options.clock.until(ms, this.#options.closing);
    return null;
  }

  async #send(delivery: StoredDelivery): Promise<void> {
    const { clock, messenger, settings } = this.#options;
    const { id, chat, kind, thread: key } = delivery;
    const stored = this.#threadOf(delivery);
    const now = clock.now();
    const sending = beforeSend(delivery, this.#store.highest(messenger.counterOf(chat)));
    this.#store.transaction(() => {
      this.#store.put(id, sending);
      this.#store.putShown(id, stored.version, now);
      this.#addCall(now);
    });
    await this.#store.flush();
    const moment = { sentAt: now, at: delivery.at, lateAfterMs: settings.lateAfterMs };
    const html = kind === 'alert' ? renderAlert(stored.thread, moment) : renderExit(stored.thread);
    const replyTo = kind === 'alert' ? null : (this.#store.alertIn(key, chat)?.messageId ?? null);
    const message = { chat, html, buttons: buttonsOf(delivery), isSilent: delivery.isSilent, replyTo };
    const outcome = await messenger.send(message);
    this.#settle(delivery, afterSend(sending, outcome, clock.now()), outcome);
  }

  async #probe(delivery: StoredDelivery): Promise<void> {
    const { clock, messenger } = this.#options;
    const { chat, probe } = delivery;
    this.#addCall(clock.now());
    await this.#store.flush();
    const outcome = await messenger.probe({ chat, messageId: probe.id, buttons: buttonsOf(delivery) });
    this.#settle(delivery, afterProbe(delivery, outcome, clock.now()), outcome);
  }

  #settle(delivery: StoredDelivery, after: Delivery, outcome: Outcome<unknown>): void {
    const { id, chat, kind, noticed } = delivery;
    const { clock, meter } = this.#options;
    meter?.count('cst_alerts_total', { outcome: after.state.toLowerCase() });
    if (after.state === 'SENT') meter?.observe('cst_alert_seconds', (clock.now() - noticed) / 1_000);
    this.#store.transaction(() => {
      this.#store.put(id, after);
      if (after.messageId !== null) this.#note(after.messageId);
    });
    this.#heed(outcome);
    if (kind === 'alert' && !OPEN.includes(after.state)) this.#measure(delivery, after);
    const line = `Alert ${id} for chat ${chat}: ${after.state}`;
    if (after.state === 'UNCERTAIN' || after.state === 'REFUSED')
      this.#options.onTrouble(`${line}, given up. ${after.reason}`, delivery.thread);
    else if (after.reason !== null && after.state !== 'SENT')
      this.#options.onTrouble(`${line}. ${after.reason}`, delivery.thread);
    if (after.state === 'SENT') this.#options.onSent();
  }

  #measure({ thread: signal, chat, noticed }: StoredDelivery, { state, messageId }: Delivery): void {
    alertSettled(this.#options.stages, { signal, chat, outcome: state, message: messageId }, noticed);
  }

  async #edit(delivery: StoredDelivery): Promise<void> {
    const { clock, messenger, settings } = this.#options;
    const { id, chat, messageId, at, sentAt, editFailures } = delivery;
    const { thread, version } = this.#threadOf(delivery);
    this.#addCall(clock.now());
    // Whoever was deposed must not undo what its successor shows.
    this.#store.putEdit(id, { shown: delivery.shown, due: clock.now(), failures: editFailures });
    await this.#store.flush();
    const html = renderAlert(thread, { at, sentAt: sentAt ?? at, lateAfterMs: settings.lateAfterMs });
    const outcome = await messenger.edit({ chat, messageId: messageId!, html, buttons: buttonsOf(delivery) });
    const again = editAgainAt(outcome, editFailures, clock.now());
    if (again === null) this.#store.putEdit(id, { shown: version, due: 0, failures: 0 });
    else this.#store.putEdit(id, { shown: delivery.shown, due: again, failures: editFailures + 1 });
    this.#heed(outcome);
    if (outcome.kind !== 'done')
      this.#options.onTrouble(`Edit of alert ${id} for chat ${chat}: ${outcome.reason}`, delivery.thread);
  }

  /** A first message, harmless if it comes twice: alerts are looked for above its number. */
  async #greet(): Promise<boolean> {
    const { chat, clock, messenger } = this.#options;
    if (this.#isGreeted || this.#store.highest(messenger.counterOf(chat)) > 0) return true;
    this.#addCall(clock.now());
    await this.#store.flush();
    const outcome = await messenger.send({
      chat,
      html: GREETING,
      buttons: [],
      isSilent: true,
      replyTo: null,
    });
    if (outcome.kind === 'done') this.#note(outcome.value);
    // The alerts themselves will tell why.
    else if (outcome.kind === 'refused' && !outcome.isOurs) this.#isGreeted = true;
    else {
      const afterMs = outcome.kind === 'later' ? outcome.afterMs : null;
      this.#blockedUntil = clock.now() + (afterMs ?? GREET_AGAIN_MS);
      this.#options.onTrouble(`Chat ${chat}: ${outcome.reason}`);
    }
    return false;
  }

  #heed(outcome: Outcome<unknown>): void {
    if (outcome.kind !== 'later' || outcome.afterMs === null) return;
    this.#blockedUntil = this.#options.clock.now() + outcome.afterMs;
  }

  #note(messageId: number): void {
    const { chat, messenger, store } = this.#options;
    store.raise(messenger.counterOf(chat), messageId);
  }

  #threadOf({ thread }: StoredDelivery): StoredThread {
    return this.#store.thread(thread)!;
  }
}

/** Also what a message is recognized by, so each has its own. */
function buttonsOf({ thread, kind }: StoredDelivery): Button[] {
  const data = `chart:${refOf(thread)}${kind === 'exit' ? ':exit' : ''}`;
  return [{ text: '📊 Chart', data }];
}
