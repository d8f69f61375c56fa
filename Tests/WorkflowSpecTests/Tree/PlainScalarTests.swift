import Testing
import WorkflowCore

@testable import WorkflowSpec

@Suite("What an unquoted scalar means")
struct PlainScalarTests {
  @Test(
    "Words are booleans and null as Kubernetes reads them",
    arguments: [
      ("yes", true), ("y", true), ("On", true), ("TRUE", true), ("no", false), ("N", false), ("off", false),
    ] as [(String, Bool)])
  func booleans(text: String, flag: Bool) {
    #expect(resolvePlainScalar(text) == .bool(flag))
  }

  @Test("Null has four words", arguments: ["", "~", "null", "NULL"])
  func null(text: String) {
    #expect(resolvePlainScalar(text) == .null)
  }

  @Test(
    "Whole numbers may be octal, hexadecimal and binary",
    arguments: [
      ("0", 0), ("-7", -7), ("+7", 7), ("010", 8), ("0o17", 15), ("0x1F", 31), ("0b101", 5), ("1_000", 1000),
      ("9223372036854775807", Int64.max),
    ] as [(String, Int64)])
  func integers(text: String, number: Int64) {
    #expect(resolvePlainScalar(text) == .int(number))
  }

  @Test(
    "Numbers may have a point and an exponent",
    arguments: [
      ("1.5", 1.5), (".5", 0.5), ("1.", 1), ("08", 8), ("1e3", 1000), ("-2E-2", -0.02), ("9223372036854775808", 0x1p63),
    ]
      as [(String, Double)])
  func doubles(text: String, number: Double) {
    #expect(resolvePlainScalar(text) == .double(number))
  }

  @Test(
    "Everything else is text",
    arguments: [
      "yEs", "nil", "2013-07-04", "2013-07-04T05:06:07Z", "1.2.3", "0x", "1e", "-", "+", ".", "1,000", "--1",
      "0b102", "12:30:45", "v1", ".inf", "nan",
    ])
  func text(text: String) {
    #expect(resolvePlainScalar(text) == .string(text))
  }
}
