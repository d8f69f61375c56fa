import Testing

@testable import WorkflowCore

@Suite("JSON")
struct JSONTests {
  @Test(
    "numbers print as Go's encoding/json prints them",
    arguments: [
      (1e-9, "1e-9"), (-1.5e-7, "-1.5e-7"), (1e-6, "0.000001"), (1e-10, "1e-10"), (1e-300, "1e-300"),
      (1e20, "100000000000000000000"),
      (1e21, "1e+21"), (1.5, "1.5"), (3, "3"), (-0.1, "-0.1"),
    ])
  func numbers(number: Double, text: String) throws {
    #expect(Value.double(number).jsonText() == text)
    #expect(try Value(json: text).jsonText() == text)
  }
}
