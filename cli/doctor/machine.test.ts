import { mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { diskFinding, filesFinding, judgedDisk, nodeFinding, unwritableFinding } from './machine.ts';

const LIMITS = (most: number) =>
  `Limit      Soft Limit  Hard Limit\nMax open files   ${most}    20000   files\n`;

it.each([
  ['an old Node', nodeFinding('22.9.0'), 'stop'],
  ['the Node it is pinned to', nodeFinding('24.0.0'), 'ok'],
  ['room on the disk', judgedDisk(5e9, '/x'), 'ok'],
  ['little room', judgedDisk(5e9 - 1, '/x'), 'warning'],
  ['none', judgedDisk(2e8 - 1, '/x'), 'stop'],
  ['a folder that may not be written', unwritableFinding('/x', 'EACCES'), 'stop'],
  ['files enough', filesFinding(LIMITS(1_024)), 'ok'],
  ['few files', filesFinding(LIMITS(256)), 'warning'],
  ['a system that tells no limit', filesFinding(''), 'ok'],
])('a machine with %s is judged, with a remedy', (_, finding, level) => {
  expect(finding.level).toBe(level);
  expect([finding.why === null, finding.remedy === null]).toEqual([level === 'ok', level === 'ok']);
});

it('looks at the disk where a folder would be made', async () => {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'doctor-')));
  expect((await diskFinding(join(dir, 'a/b'))).what).toMatch(new RegExp(`GB free at ${dir}$`));
  writeFileSync(join(dir, 'file'), '');
  expect(await diskFinding(join(dir, 'file/b'))).toMatchObject({
    level: 'stop',
    what: `nothing can be written in ${join(dir, 'file')}: ENOTDIR`,
  });
});
