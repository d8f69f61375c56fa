import Testing
import WorkflowCore
import WorkflowSpec

@Suite("Limits of what is read")
struct LimitTests {
  /// Each line doubles what the line before it stands for.
  private func bomb(levels: Int) -> String {
    var text = "a0: &a0 [x, x]\n"
    for level in 1...levels { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
    return text
  }

  @Test("An alias bomb is refused where it passes the limit of values")
  func aliasBomb() {
    let found = diagnostics(of: bomb(levels: 40).utf8)
    #expect(found.map(\.code) == [.limit])
    // Level k stands for 2^(k+2) - 1 values, and all levels up to it for 2^(k+3): level 14 passes 100,000.
    #expect(found.first?.position.line == 15)
  }

  @Test("An alias bomb as a key is refused as a key, and never compared")
  func aliasBombAsKey() {
    var limits = ReadingLimits()
    (limits.nodes, limits.expandedBytes) = (.max, .max)
    let text = bomb(levels: 30) + "? *a30\n: 1\n? *a30\n: 2\n"
    let found = diagnostics(of: text.utf8, limits: limits)
    #expect(found.map(\.message).filter { $0 == "a key must be text, not a list" }.count == 2)
  }

  @Test("More aliases than a workflow needs are refused")
  func aliases() {
    let text = "a: &a x\nb: [" + Array(repeating: "*a", count: 101).joined(separator: ", ") + "]\n"
    #expect(diagnostics(of: text.utf8).map(\.message) == ["more than 100 aliases"])
  }

  @Test("Aliases of a large text are refused before it is copied")
  func largeAliases() {
    let text = "a: &a \(String(repeating: "x", count: 500_000))\nb: [*a, *a, *a, *a, *a, *a, *a, *a]\n"
    let found = diagnostics(of: text.utf8)
    #expect(found.map(\.code) == [.limit])
    #expect(found.first?.position == Position(line: 2, column: 33))
  }

  @Test("Nesting deeper than 64 levels is refused", arguments: ["[", "{a: ", "- ", "{\"a\":["])
  func depth(opening: String) {
    let found = diagnostics(of: String(repeating: opening, count: 3000).utf8)
    #expect(found.map(\.message) == ["nested deeper than 64 levels"])
    // libyaml reads up to 1,024 characters ahead.
    #expect(found.allSatisfy { $0.position.line == 1 && $0.position.column <= 1024 })
  }

  @Test("More values than a workflow needs are refused, in one document or in many", arguments: ["- \n", "---\n"])
  func values(line: String) {
    let found = diagnostics(of: String(repeating: line, count: 150_000).utf8)
    #expect(found.contains { $0.code == .limit && $0.position.line > 50_000 })
  }

  @Test("A file of more than 1 MiB is not read")
  func size() {
    let found = diagnostics(of: [UInt8](repeating: 0x20, count: (1 << 20) + 1))
    #expect(found.map(\.message) == ["the file is 1048577 bytes long; at most 1048576 are read"])
    #expect(found.map(\.position) == [Position(line: 1, column: 1)])
  }

  @Test("Many %TAG lines are refused: libyaml compares each with all before it")
  func directives() {
    let lines = (0..<101).map { "%TAG !a\($0)! x\n" }.joined()
    let found = diagnostics(of: (lines + "---\na: 1\n").utf8)
    #expect(found.map(\.message) == ["more than 100 %TAG directives"])
    #expect(found.first?.position == Position(line: 101, column: 1))
  }

  @Test("A mistake far into a long line has its column, counted in characters", arguments: [0, 1, 5_000, 20_000])
  func longLine(count: Int) throws {
    let long = String(repeating: "é", count: count)
    let text = workflow(template: "container: {image: busybox, args: ['\(long)', '{{inputs.parameters.x}}']}")
    let line = try #require(text.split(separator: "\n").first { $0.contains("{{") })
    let before = try #require(line.firstRange(of: "{{")).lowerBound
    let found = diagnostics(of: text.utf8)
    #expect(found.map(\.code) == [.reference])
    #expect(found.first?.position == Position(line: 4, column: line.distance(from: line.startIndex, to: before) + 1))
  }

  @Test("A chain of tasks longer than any stack is searched for cycles")
  func longChain() {
    var tasks = "{name: t0, template: leaf}"
    for number in 1..<8000 {
      tasks += ",\n {name: t\(number), template: leaf, depends: t\(number - 1)}"
    }
    let text = workflow(template: "dag: {tasks: [\n\(tasks)]}}, {name: leaf, container: {image: busybox}")
    #expect(diagnostics(of: text.utf8).isEmpty)
  }
}
