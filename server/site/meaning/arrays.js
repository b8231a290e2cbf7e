// JSON and arrays from one file, as kb/bundled/array_file.py writes them.

const ALIGNED = 8;
const TYPES = { i1: Int8Array, u1: Uint8Array, u4: Uint32Array, f2: Uint16Array, f4: Float32Array };
const HALF = new Float32Array(0x10000).map((_, bits) => {
  const exponent = (bits >> 10) & 31;
  const size = exponent ? 2 ** (exponent - 25) * (1024 + (bits & 1023)) : 2 ** -24 * (bits & 1023);
  return bits & 0x8000 ? -size : size;
});

/** Return the values and arrays of a file by name; half floats as floats. */
export function readArrays(buffer) {
  const size = new DataView(buffer).getUint32(0, true);
  const { arrays, ...read } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
  let at = aligned(4 + size);
  for (const { name, type, length } of arrays) {
    const array = new TYPES[type](buffer, at, length);
    at = aligned(at + array.byteLength);
    read[name] = type === "f2" ? Float32Array.from(array, (bits) => HALF[bits]) : array;
  }
  return read;
}

/** Return the half floats, as floats, whose low and high bytes lie apart. */
export function joinedHalves(low, high) {
  return Float32Array.from(low, (byte, at) => HALF[byte | (high[at] << 8)]);
}

function aligned(at) {
  return Math.ceil(at / ALIGNED) * ALIGNED;
}
