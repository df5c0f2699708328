/** A picture made by code: a duck on the water, as an uncompressed bitmap of 230 KB. */

const WIDTH = 320;
const HEIGHT = 240;
const HEADER = 54;

type Colour = readonly [red: number, green: number, blue: number];

/** A BMP file, the same each time. */
export function samplePicture(): Buffer {
  const octets = Buffer.alloc(HEADER + WIDTH * HEIGHT * 3);
  octets.write('BM', 0, 'latin1');
  octets.writeUInt32LE(octets.length, 2);
  octets.writeUInt32LE(HEADER, 10);
  octets.writeUInt32LE(40, 14);
  octets.writeInt32LE(WIDTH, 18);
  // A negative height means that the first row is the top.
  octets.writeInt32LE(-HEIGHT, 22);
  octets.writeUInt16LE(1, 26);
  octets.writeUInt16LE(24, 28);
  octets.writeUInt32LE(WIDTH * HEIGHT * 3, 34);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const [red, green, blue] = colourAt(x, y);
      octets.set([blue, green, red], HEADER + (y * WIDTH + x) * 3);
    }
  }
  return octets;
}

function colourAt(x: number, y: number): Colour {
  if (isIn(x, y, 222, 88, 5, 5)) return [20, 20, 20];
  if (isIn(x, y, 254, 98, 22, 7)) return [222, 160, 60];
  if (isIn(x, y, 220, 92, 28, 24)) return y < 84 ? [16, 16, 16] : [246, 246, 240];
  if (isIn(x, y, 150, 140, 84, 42)) return y < 136 ? [248, 248, 244] : [24, 22, 22];
  if (y < 150) return [170 + Math.floor(y / 3), 205, 235];
  const wave = Math.floor(14 * Math.sin(x / 11 + y / 5));
  return [30, 90 + wave, 140 + wave];
}

function isIn(x: number, y: number, centreX: number, centreY: number, radiusX: number, radiusY: number): boolean {
  return ((x - centreX) / radiusX) ** 2 + ((y - centreY) / radiusY) ** 2 <= 1;
}
