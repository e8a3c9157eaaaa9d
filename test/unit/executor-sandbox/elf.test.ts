import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { listedLibraries } from "../../../lib/executor/sandbox/detach-command.ts";
import { parseElf } from "../../../lib/executor/sandbox/elf.ts";

/** The smallest headers of a 64-bit little-endian program with one program header. */
function elf64(type: number, name: string): Buffer {
  const head = Buffer.alloc(64 + 56 + 64);
  head.write("\x7fELF", "latin1");
  head.set([2, 1, 1], 4);
  head.writeUInt16LE(62, 18);
  head.writeBigUInt64LE(64n, 32);
  head.writeUInt16LE(56, 54);
  head.writeUInt16LE(1, 56);
  head.writeUInt32LE(type, 64);
  head.writeBigUInt64LE(120n, 64 + 8);
  head.writeBigUInt64LE(BigInt(name.length + 1), 64 + 32);
  head.write(`${name}\0`, 120, "latin1");
  return head;
}

/** The same for a 32-bit big-endian one. */
function elf32(name: string): Buffer {
  const head = Buffer.alloc(52 + 32 + 64);
  head.write("\x7fELF", "latin1");
  head.set([1, 2, 1], 4);
  head.writeUInt16BE(8, 18);
  head.writeUInt32BE(52, 28);
  head.writeUInt16BE(32, 42);
  head.writeUInt16BE(1, 44);
  head.writeUInt32BE(3, 52);
  head.writeUInt32BE(84, 52 + 4);
  head.writeUInt32BE(name.length + 1, 52 + 16);
  head.write(`${name}\0`, 84, "latin1");
  return head;
}

describe("ELF headers", () => {
  test("name the loader of a dynamic program", () => {
    expect(parseElf(elf64(3, "/lib64/ld.so"))).toEqual({ machine: 62, interpreter: "/lib64/ld.so" });
    expect(parseElf(elf32("/lib/ld.so.1"))).toEqual({ machine: 8, interpreter: "/lib/ld.so.1" });
  });

  test("of a static program name none", () => {
    expect(parseElf(elf64(1, "/x"))).toEqual({ machine: 62, interpreter: null });
  });

  test("that are cut off or point outside are refused", () => {
    const whole = elf64(3, "/lib64/ld.so");
    expect(parseElf(whole.subarray(0, 100))).toBeNull();
    expect(parseElf(whole.subarray(0, 125))).toBeNull();
    whole.writeBigUInt64LE(2n ** 63n, 32);
    expect(parseElf(whole)).toBeNull();
  });

  test("are not seen in other files", () => {
    expect(parseElf(readFileSync(import.meta.filename))).toBeNull();
    expect(parseElf(Buffer.alloc(0))).toBeNull();
  });
});

test("a loader's list of libraries is read as glibc and musl print it", () => {
  const glibc =
    "\tlinux-vdso.so.1 (0x00007fdc472bb000)\n\tlibmount.so.1 => /lib/x86_64-linux-gnu/libmount.so.1 (0x00007fdc4723d000)\n" +
    "\t/lib64/ld-linux-x86-64.so.2 => /usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 (0x00007fdc472bd000)\n";
  expect(listedLibraries(glibc)).toEqual([
    "/lib/x86_64-linux-gnu/libmount.so.1",
    "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
  ]);
  const musl = "\t/lib/ld-musl-x86_64.so.1 (0x7f1ca2c05000)\n\tlibmount.so.1 => /lib/libmount.so.1 (0x7f1ca2b9c000)\n";
  expect(listedLibraries(musl)).toEqual(["/lib/libmount.so.1"]);
});
