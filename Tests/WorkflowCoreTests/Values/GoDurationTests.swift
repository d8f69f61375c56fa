import Testing

@testable import WorkflowCore

struct GoDurationTests {
  @Test(
    "a duration is read as Go reads it, a bare integer as seconds",
    arguments: [
      ("30", 30_000), ("0", 0), ("30s", 30_000), ("1m30s", 90_000), ("1h", 3_600_000), ("1.5h", 5_400_000),
      ("300ms", 300), (".5s", 500), ("1.s", 1000), ("-2s", -2000), ("+2s", 2000), ("2h45m30.5s", 9_930_500),
      ("1500us", 1), ("999999ns", 0), ("1µs", 0), ("0.1s", 100),
    ])
  func reading(_ text: String, _ milliseconds: Int64) throws {
    #expect(try GoDuration(parsing: text).milliseconds == milliseconds)
  }

  @Test("where a unit is required, a bare number is refused", arguments: ["30", "1.5", "1m30"])
  func unitRequired(_ text: String) throws {
    #expect(throws: DurationError.self) { try GoDuration(requiringUnit: text) }
    #expect(try GoDuration(requiringUnit: "0").nanoseconds == 0)
  }

  @Test(
    "what is no duration is refused",
    arguments: ["", "-", "s", "1d", "1 s", "1.2.3s", "1..s", "1e3s", "∞", "1.5", "3s4"])
  func refusals(_ text: String) {
    #expect(throws: DurationError.self) { try GoDuration(parsing: text) }
  }

  @Test("a duration beyond 64 bits of nanoseconds is refused", arguments: ["9999999999h", "9223372037", "2562047h48m"])
  func overflow(_ text: String) {
    let error = #expect(throws: DurationError.self) { try GoDuration(parsing: text) }
    #expect(error?.description.hasSuffix("it is longer than 292 years") == true)
  }

  @Test(
    "a duration is printed as Go prints it",
    arguments: [
      (0, "0s"), (1, "1ns"), (1_100, "1.1µs"), (2_200_000, "2.2ms"), (1_500_000_000, "1.5s"), (90_000_000_000, "1m30s"),
      (3_600_000_000_000, "1h0m0s"), (-90_000_000_000, "-1m30s"), (Int64.min, "-2562047h47m16.854775808s"),
    ])
  func printing(_ nanoseconds: Int64, _ text: String) throws {
    #expect(GoDuration(nanoseconds: nanoseconds).description == text)
    guard nanoseconds > .min else { return }
    #expect(try GoDuration(parsing: text).nanoseconds == nanoseconds)
  }
}
