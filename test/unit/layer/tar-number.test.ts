import { expect, test } from "vitest";
import { parseDecimal, parseNumeric, parsePaxTime } from "../../../lib/layer/tar-number.ts";

// The cases of TestParseNumeric and TestParsePAXTime of Go's archive/tar.
test.each([
  ["", 0],
  ["\x80", 0],
  ["\x80\x00", 0],
  ["\x80\x00\x00", 0],
  ["\xbf", 2 ** 6 - 1],
  ["\xbf\xff", 2 ** 14 - 1],
  ["\xff", -1],
  ["\xff\xff", -1],
  ["\xc0", -(2 ** 6)],
  ["\xc0\x00", -(2 ** 14)],
  ["\x87\x76\xa2\x22\xeb\x8a\x72\x61", Number(537795476381659745n)],
  ["\x80\x00\x00\x00\x07\x76\xa2\x22\xeb\x8a\x72\x61", Number(537795476381659745n)],
  ["\xf7\x76\xa2\x22\xeb\x8a\x72\x61", Number(-615126028225187231n)],
  ["\xff\xff\xff\xff\xf7\x76\xa2\x22\xeb\x8a\x72\x61", Number(-615126028225187231n)],
  ["\x80\x80\x00\x00\x00\x00\x00\x00\x00", Number.NaN],
  ["0000000\x00", 0],
  [" \x0000000\x00", 0],
  ["00000000227\x00", 0o227],
  ["032033\x00 ", 0o32033],
  ["0000660\x00", 0o660],
  ["123 ", 0o123],
  ["123\x009", 0o123],
  ["1239", Number.NaN],
  ["-5", Number.NaN],
  ["0x1", Number.NaN],
])("the field %j is %d", (field, value) => {
  const bytes = Buffer.from(field, "latin1");
  expect(parseNumeric(Buffer.concat([Buffer.from("7"), bytes]), 1, bytes.length)).toBe(value);
});

test.each([
  ["1350244992.023960108", 1350244992, 23960108],
  ["1350244992.02396010", 1350244992, 23960100],
  ["1350244992.0239601089", 1350244992, 23960108],
  ["1350244992.3", 1350244992, 300000000],
  ["1350244992", 1350244992, 0],
  ["-1.000000001", -2, 999999999],
  ["-1.000001", -2, 999999000],
  ["-1.", -1, 0],
  ["0.0", 0, 0],
  ["-1.3", -2, 700000000],
  ["+1.3", 1, 300000000],
])("the time %j is %d s and %d ns", (text, seconds, nanos) => {
  expect(parsePaxTime(text)).toEqual({ seconds, nanos });
});

test.each(["", ".5", "1.2a", "1.-5", "1 ", "0x10", "99999999999999999999"])("%j is no time", text => {
  expect(parsePaxTime(text)).toBeNull();
});

test.each([
  ["12", 12],
  ["-3", -3],
  ["", Number.NaN],
  ["1e3", Number.NaN],
  ["9223372036854775808", Number.NaN],
])("the decimal %j is %d", (text, value) => {
  expect(parseDecimal(text)).toBe(value);
});
