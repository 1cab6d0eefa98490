/** Telegram's number of a chat. */
import { z } from 'zod';

/** In decimal; groups and channels are negative, and none is 0. */
export const ChatNumber = z
  .string()
  .regex(/^-?[1-9]\d{0,19}$/, 'expected the number of a chat, e.g. "-1001234567890"');
