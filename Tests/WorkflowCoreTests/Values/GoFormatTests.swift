import Testing

@testable import WorkflowCore

struct GoFormatTests {
  @Test(
    "printf formats of integers follow Go",
    arguments: [
      ("%d", 5, "5"), ("%03d", 5, "005"), ("%5d|", 5, "    5|"), ("%-5d|", 5, "5    |"), ("%+d", 5, "+5"),
      ("% d", 5, " 5"),
      ("%x", 255, "ff"), ("%02X", 10, "0A"), ("%#x", 255, "0xff"), ("%o", 8, "10"), ("%b", 5, "101"), ("%c", 65, "A"),
      ("%v", 7, "7"), ("shard-%04d.parquet", 42, "shard-0042.parquet"), ("100%% of %d", 3, "100% of 3"),
      ("%04d", -5, "-005"), ("%.3d", 5, "005"), ("%q", 65, "'A'"), ("%T", 1, "int"),
    ])
  func integers(_ format: String, _ number: Int64, _ text: String) throws {
    #expect(try GoFormat(parsing: format).text(.int(number)) == text)
  }

  @Test(
    "printf formats of texts and floats follow Go",
    arguments: [
      ("%s", "a", "a"), ("%5s|", "ab", "   ab|"), ("%-5s|", "ab", "ab   |"), ("%.2s", "abc", "ab"),
      ("%q", "a\"b", "\"a\\\"b\""),
      ("%x", "hi", "6869"), ("%f", .double(1.5), "1.500000"), ("%.2f", .double(2.345), "2.35"),
      ("%.0f", .double(2.5), "2"), ("%6.1f", .double(3.14159), "   3.1"),
      ("%e", .double(12345.678), "1.234568e+04"), ("%g", .double(1e21), "1e+21"), ("%.3g", .double(1234.5), "1.23e+03"),
      ("%v", .double(0.1), "0.1"),
      ("%.3f", .double(0.0004), "0.000"), ("%.2f", .double(0.006), "0.01"), ("%.1f", .double(9.96), "10.0"),
      ("%.1f", .double(0.0), "0.0"), ("%t", true, "true"),
    ] as [(String, Value, String)])
  func others(_ format: String, _ value: Value, _ text: String) throws {
    #expect(try GoFormat(parsing: format).text(value) == text)
  }

  @Test("what does not fit is shown in Go's manner")
  func misfits() throws {
    #expect(try GoFormat(parsing: "%s").text(5) == "%!s(int=5)")
    #expect(try GoFormat(parsing: "%d").text("x") == "%!d(string=x)")
    #expect(try GoFormat(parsing: "%d-%d").text(1) == "1-%!d(MISSING)")
    #expect(try GoFormat(parsing: "a").text(1) == "a%!(EXTRA int=1)")
  }

  @Test(
    "a format that cannot be read is refused with the place",
    arguments: [("a%", 1), ("%y", 0), ("x%5", 1), ("%99999d", 1)])
  func errors(_ format: String, _ offset: Int) {
    let error = #expect(throws: ExpressionSyntaxError.self) { try GoFormat(parsing: format) }
    #expect(error?.offset == offset)
  }

  @Test("values print as %v prints them in Go")
  func values() {
    let map: Value = .object(["b": 2, "a": .array([1, "x", .null]), "c": .object([:])])
    #expect(map.goText == "map[a:[1 x <nil>] b:2 c:map[]]")
    #expect(Value.null.goText == "<nil>")
    #expect(Value.bool(true).goText == "true")
  }

  @Test(
    "floats print in their shortest form",
    arguments: [
      (1.0, "1"), (0.1, "0.1"), (100_000.0, "100000"), (1e20, "100000000000000000000"), (1e21, "1e+21"),
      (1.5e-5, "1.5e-05"),
      (0.0001, "0.0001"), (-2.5, "-2.5"), (1.7976931348623157e308, "1.7976931348623157e+308"),
      (.leastNonzeroMagnitude, "5e-324"),
      (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (0, "0"), (123456789.125, "123456789.125"),
    ])
  func floats(_ number: Double, _ text: String) {
    #expect(Value.double(number).goText == text)
  }

  @Test("powers agree with IEEE 754 pow")
  func powers() {
    #expect(raised(2, to: 10) == 1024)
    #expect(raised(10, to: -2) == 0.01)
    #expect(raised(9, to: 0.5) == 3)
    #expect(abs(raised(2, to: 1.5) - 2.8284271247461903) < 1e-14)
    #expect(raised(0, to: 0) == 1)
    #expect(raised(-8, to: 3) == -512)
    #expect(raised(-8, to: 0.5).isNaN)
    #expect(raised(2, to: 5000) == .infinity)
  }
}
