import Testing

@testable import WorkflowCore

struct QuantityTests {
  @Test(
    "a quantity is read as Kubernetes reads it",
    arguments: [
      ("100m", 100), ("1", 1000), ("1.5", 1500), ("0.1", 100), (".5", 500), ("2.", 2000), ("8Gi", 8_589_934_592_000),
      ("1Ki", 1_024_000), ("1k", 1_000_000), ("2e3", 2_000_000), ("2E3", 2_000_000), ("1e-3", 1), ("-1", -1000),
      ("+3", 3000), ("0.5Mi", 524_288_000), ("1n", 1), ("1500u", 2), ("1.0005", 1001), ("000000000000000000001", 1000),
      ("2P", 2_000_000_000_000_000_000), ("0", 0), ("0Ei", 0),
    ])
  func reading(_ text: String, _ milliUnits: Int64) throws {
    #expect(try Quantity(parsing: text).milliUnits == milliUnits)
  }

  @Test(
    "what is no quantity is refused",
    arguments: ["", "-", "Gi", "1KB", "1 Gi", "1gi", "1.2.3", "one", "1e", "1e1.5", "{{x}}", "0x10", "٣"])
  func refusals(_ text: String) {
    #expect(throws: QuantityError.self) { try Quantity(parsing: text) }
  }

  @Test(
    "a quantity too large to count is refused",
    arguments: ["8Ei", "10P", "99999999999999999999", "1e99", "9999999999999999999999999999999999999999999"])
  func overflow(_ text: String) {
    #expect(throws: QuantityError.self) { try Quantity(parsing: text) }
  }

  @Test("whole units are rounded up")
  func units() throws {
    #expect(try Quantity(parsing: "100m").units == 1)
    #expect(try Quantity(parsing: "2").units == 2)
    #expect(try Quantity(parsing: "100m") < Quantity(parsing: "0.2"))
  }
}
