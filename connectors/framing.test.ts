import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME_HEADER_BYTES, Framing } from './framing.ts';

const FRAMES = new Framing('TEST', 1, 1_000);
const NINE = Buffer.from('123456789');

function frameOf(body: Uint8Array, framing = FRAMES): Buffer {
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES + body.length);
  bytes.set(body, FRAME_HEADER_BYTES);
  framing.seal(bytes, 0, bytes.length);
  return bytes;
}

describe('a frame', () => {
  it('is magic, length and CRC-32 before its body', () => {
    // 0xcbf43926: the check value of CRC-32 that its catalogue gives for these nine bytes.
    expect(frameOf(NINE).toString('hex')).toBe(
      ['54455354', '09000000', '2639f4cb', '313233343536373839'].join(''),
    );
  });

  it('is sealed where it stands, and leaves what is around it', () => {
    const around = Buffer.concat([Buffer.from('before'), Buffer.alloc(12), NINE, Buffer.from('after')]);
    FRAMES.seal(around, 6, 27);
    expect(around).toEqual(Buffer.concat([Buffer.from('before'), frameOf(NINE), Buffer.from('after')]));
    expect(FRAMES.endOf(around, 6)).toBe(27);
  });

  it('is incomplete wherever it is torn', () => {
    const whole = Buffer.concat([frameOf(Buffer.from('first')), frameOf(NINE)]);
    for (let length = 17; length < whole.length; length++) {
      const torn = whole.subarray(0, length);
      expect([FRAMES.endOf(torn, 0), FRAMES.endOf(torn, 17)], `${length} bytes`).toEqual([17, 'incomplete']);
    }
    expect(FRAMES.endOf(whole, 17)).toBe(whole.length);
  });

  it.each([
    ['magic', 0, 4],
    ['CRC-32', 8, 12],
    ['body', 12, 21],
  ])('is damaged by any flipped bit of its %s', (_, from, to) => {
    for (let bit = from * 8; bit < to * 8; bit++) {
      const bytes = frameOf(NINE);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(FRAMES.endOf(bytes, 0), `bit ${bit}`).toBe('damaged');
    }
  });

  it.each([
    ['shorter than the shortest', 0],
    ['longer than the longest', 1_001],
  ])('is damaged where its body is %s, however few of its bytes are there', (_, length) => {
    const header = frameOf(Buffer.alloc(length)).subarray(0, FRAME_HEADER_BYTES);
    expect(FRAMES.endOf(header, 0)).toBe('damaged');
  });

  it('of another kind is none', () => {
    expect(FRAMES.endOf(frameOf(NINE, new Framing('REST', 1, 1_000)), 0)).toBe('damaged');
  });
});

describe('a search', () => {
  it('finds the next whole frame behind damage, past magic that begins none', () => {
    const damaged = frameOf(NINE);
    damaged[20]! ^= 1;
    const lead = Buffer.concat([damaged, Buffer.from('TESTTEST')]);
    const bytes = Buffer.concat([lead, frameOf(NINE), frameOf(NINE)]);
    expect(FRAMES.find(bytes, 0)).toBe(lead.length);
    expect(FRAMES.find(bytes, lead.length)).toBe(lead.length);
    expect(FRAMES.find(bytes, lead.length + 1)).toBe(lead.length + 21);
    expect(FRAMES.find(bytes, lead.length + 22)).toBe(-1);
  });

  it('reads back the frames it wrote, of any bodies', () => {
    const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 10 });
    fc.assert(
      fc.property(bodies, (wanted) => {
        const bytes = Buffer.concat(wanted.map((body) => frameOf(body)));
        const found: number[][] = [];
        for (let at = 0, end = FRAMES.endOf(bytes, at); typeof end === 'number'; ) {
          found.push([...bytes.subarray(at + FRAME_HEADER_BYTES, end)]);
          at = end;
          end = FRAMES.endOf(bytes, at);
        }
        expect(found).toEqual(wanted.map((body) => [...body]));
      }),
      { seed: 1 },
    );
  });
});
