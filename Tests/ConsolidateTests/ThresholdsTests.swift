import Foundation
import RunFiles
import Storage
import Testing

@testable import Consolidate

@Suite struct ThresholdsTests {
  private let fixture: RunFixture

  init() throws { fixture = try RunFixture() }

  private func thresholds(_ text: String) throws -> Thresholds {
    try Thresholds(tree: try JSONValue(parsing: Data(text.utf8)), file: "checks.json")
  }

  private func run(_ name: String, date: String, scores: [Float]) throws -> RunDirectory {
    let batch = try RecordBatch([Column("id", texts: scores.indices.map { "\(name)-\($0)" }), Column("score", scores)])
    return try fixture.write(
      .init(name: name, labels: ["date": date, "model_version": "v1"], shards: [[batch]]))
  }

  // In the middle between thousandths: no value lies where rounding decides its bin.
  private static let even = (0..<1000).map { (Float($0) + 0.5) / 1000 }

  @Test("a batch within its thresholds is merged, and the manifest has what was measured")
  func passes() throws {
    let checks = try thresholds(
      #"""
      {"format": 1, "kind": "thresholds", "batch": {"rows": {"at_least": 1000}, "dead_letter_share": {"at_most": 0}},
       "columns": {"score": {"mean": {"at_least": 0.4, "at_most": 0.6}, "null_share": {"at_most": 0},
                             "psi": {"at_most": 0.25}}}, "unique": ["id"]}
      """#)
    let report = try fixture.merge(run("a", date: "2013-07-04", scores: Self.even), .init(thresholds: checks))
    #expect(
      report.manifest.checks?.map(\.measure) == [
        "dead_letter_share", "rows", "score.mean", "score.null_share", "score.psi", "duplicates of id",
      ])
    #expect(report.manifest.checks?.allSatisfy(\.passed) == true)
    #expect(report.manifest.profile?["score"]?.histogram?.counts == Array(repeating: 50, count: 20))
  }

  @Test(
    "a batch that fails a check leaves nothing behind, and the message says which",
    arguments: [
      (#""batch": {"rows": {"at_least": 1001}}"#, "rows is 1000, has to be at least 1001"),
      (#""columns": {"score": {"maximum": {"at_most": 0.5}}}"#, "score.maximum is 0.999"),
      (#""columns": {"score": {"mean": {"at_least": 0.6}}}"#, "score.mean is 0."),
    ])
  func fails(_ limit: String, _ message: String) throws {
    let checks = try thresholds(#"{"format": 1, "kind": "thresholds", \#(limit)}"#)
    let error = try #require(throws: ConsolidateError.self) {
      try fixture.merge(run("a", date: "2013-07-04", scores: Self.even), .init(thresholds: checks))
    }
    #expect(error.message.contains(message), "\(error.message)")
    #expect(error.exitStatus == .data)
    #expect(!FileManager.default.fileExists(atPath: fixture.table))
  }

  @Test("scores that moved away from the batch before are drift, and a threshold on it holds them back")
  func drift() throws {
    _ = try fixture.merge(run("a", date: "2013-07-04", scores: Self.even))
    let same = try fixture.merge(run("b", date: "2013-07-05", scores: Self.even))
    #expect(same.manifest.baseline == "2013-07-04/v1" && same.manifest.drift?["score"]?.psi == 0)
    let checks = try thresholds(
      #"{"format": 1, "kind": "thresholds", "columns": {"score": {"psi": {"at_most": 0.25}}}}"#)
    let moved = try run("c", date: "2013-07-06", scores: Self.even.map { $0 * $0 * $0 })
    let error = try #require(throws: ConsolidateError.self) { try fixture.merge(moved, .init(thresholds: checks)) }
    #expect(error.message.contains("score.psi is "))
    let anyway = try fixture.merge(moved)
    #expect((anyway.manifest.drift?["score"]?.psi ?? 0) > 0.25)
  }

  @Test("duplicates by key are counted exactly")
  func duplicates() throws {
    let batch = try RecordBatch([
      Column("id", texts: ["a", "b", "a", nil, "a"]), Column("score", [0, 0, 0, 0, 0] as [Float]),
    ])
    let run = try fixture.write(.init(shards: [[batch]]))
    let checks = try thresholds(#"{"format": 1, "kind": "thresholds", "unique": ["id"]}"#)
    let error = try #require(throws: ConsolidateError.self) { try fixture.merge(run, .init(thresholds: checks)) }
    #expect(error.message.contains("duplicates of id is 2, has"))
  }

  @Test(
    "a slip in the file is an error that names it",
    arguments: [
      (#""batch": {"row": {"at_least": 1}}"#, "`row` is not known"),
      (#""columns": {"score": {"psi": {"max": 1}}}"#, "`score.psi.max` is not known"),
      (#""batches": {}"#, "`batches` is not known"),
      (#""batch": {"rows": {"at_least": "1"}}"#, "is no number"),
    ])
  func slip(_ content: String, _ message: String) throws {
    let error = try #require(throws: ConsolidateError.self) {
      try thresholds(#"{"format": 1, "kind": "thresholds", \#(content)}"#)
    }
    #expect(error.message.contains(message), "\(error.message)")
  }

  @Test("PSI and KS are those of their definitions")
  func measures() throws {
    var now = ColumnProfile(range: 0...1)
    var before = now
    now.histogram?.counts = [30, 70] + Array(repeating: 0, count: 18)
    before.histogram?.counts = [50, 50] + Array(repeating: 0, count: 18)
    let drift = try #require(Drift(now, against: before))
    // (0.3 - 0.5) ln(0.3 / 0.5) + (0.7 - 0.5) ln(0.7 / 0.5)
    #expect(abs(drift.psi - 0.169459572) < 1e-6)
    #expect(abs(drift.ks - 0.2) < 1e-9)
  }
}
