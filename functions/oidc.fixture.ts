/** An issuer of OIDC tokens on this machine: keys of its own, their public halves served as Google serves its own. */
import { createHmac, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export const AUDIENCE = 'https://function.example';
export const CALLER = 'push@project.iam.gserviceaccount.com';

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

export class Issuer {
  readonly #keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #server: Server;
  /** Requests for the certificates. */
  asked = 0;

  private constructor() {
    const publicKey = this.pem;
    this.#server = createServer((_, response) => {
      this.asked += 1;
      response.writeHead(200, {
        'content-type': 'application/json',
        'cache-control': 'public, max-age=3600',
      });
      response.end(JSON.stringify({ k1: publicKey }));
    });
  }

  static async start(): Promise<Issuer> {
    const issuer = new Issuer();
    await new Promise<void>((resolve) => issuer.#server.listen(0, '127.0.0.1', resolve));
    return issuer;
  }

  get pem(): string {
    return this.#keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  }

  get certsUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/certs`;
  }

  /** As Google signs for an account; each claim may be something else. Unit of `nowMs`: ms. */
  token(
    nowMs: number,
    claims: object = {},
    header: object = {},
    key: KeyObject = this.#keys.privateKey,
  ): string {
    const signed = this.unsigned(nowMs, claims, header);
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key).toString('base64url')}`;
  }

  /** Signed by HMAC with the public key as its secret: the classic confusion of algorithms. */
  confused(nowMs: number): string {
    const signed = this.unsigned(nowMs, {}, { alg: 'HS256' });
    return `${signed}.${createHmac('sha256', this.pem).update(signed).digest('base64url')}`;
  }

  unsigned(nowMs: number, claims: object = {}, header: object = {}): string {
    const iat = Math.floor(nowMs / 1000);
    const whole = {
      aud: AUDIENCE,
      azp: '1',
      email: CALLER,
      email_verified: true,
      iat,
      exp: iat + 3_600,
      iss: 'https://accounts.google.com',
      sub: '1',
      ...claims,
    };
    return `${base64url({ alg: 'RS256', kid: 'k1', typ: 'JWT', ...header })}.${base64url(whole)}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
