// Solves an ALTCHA challenge: the number below maxnumber for which SHA-256(salt + number) is the challenge.
// SHA-256 (FIPS 180-4) is written out because a page without TLS has no crypto.subtle.
"use strict";
const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
const part = (x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
const K = primes.map((p) => part(Math.cbrt(p)));
const H = primes.slice(0, 8).map((p) => part(Math.sqrt(p)));
const turn = (x, n) => (x >>> n) | (x << (32 - n));
const W = new Int32Array(64);

function sha256(bytes) {
  const size = ((bytes.length + 8) >> 6 << 6) + 64;
  const padded = new Uint8Array(size);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(size - 4, bytes.length * 8);
  let h = H.slice();
  for (let at = 0; at < size; at += 64) {
    for (let i = 0; i < 16; i++) W[i] = view.getInt32(at + i * 4);
    for (let i = 16; i < 64; i++) {
      const s0 = turn(W[i - 15], 7) ^ turn(W[i - 15], 18) ^ (W[i - 15] >>> 3);
      const s1 = turn(W[i - 2], 17) ^ turn(W[i - 2], 19) ^ (W[i - 2] >>> 10);
      W[i] = (W[i - 16] + s0 + W[i - 7] + s1) | 0;
    }
    let [a, b, c, d, e, f, g, x] = h;
    for (let i = 0; i < 64; i++) {
      const t1 = (x + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
      const t2 = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      x = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    h = [h[0] + a, h[1] + b, h[2] + c, h[3] + d, h[4] + e, h[5] + f, h[6] + g, h[7] + x].map((v) => v | 0);
  }
  return h;
}

const hex = (words) => words.map((w) => (w >>> 0).toString(16).padStart(8, "0")).join("");

onmessage = ({ data }) => {
  const encoder = new TextEncoder();
  const wanted = parseInt(data.challenge.slice(0, 8), 16) | 0;
  for (let number = 0; number <= data.maxnumber; number++) {
    const hash = sha256(encoder.encode(data.salt + number));
    if (hash[0] !== wanted || hex(hash) !== data.challenge) continue;
    const { algorithm, challenge, salt, signature } = data;
    postMessage(btoa(JSON.stringify({ algorithm, challenge, number, salt, signature })));
    return;
  }
};
