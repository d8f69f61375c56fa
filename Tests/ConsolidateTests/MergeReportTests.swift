import Foundation
import RunFiles
import Testing

@testable import Consolidate

@Suite struct MergeReportTests {
  private static func manifest(cost: BatchCost?) throws -> BatchManifest {
    var receipt = RunFixture.receipt(
      try Plan(
        run: [:], input: .init(root: "", files: [], rows: 0),
        model: .init(
          path: "", name: "", version: "", schemaVersion: 1, sha256: ""), shards: []),
      0, [Part(path: "p", rows: 25_000_000, bytes: 1, sha256: "")], [])
    receipt.startedAt = "2024-02-27T02:00:00Z"
    receipt.finishedAt = "2024-02-27T05:00:00.000Z"
    receipt.cpuSeconds = 43_000.5
    return BatchManifest(
      recordCount: 25_000_000, timestamp: "2024-02-27T05:00:09.000Z", batch: "2024-02-27/v3",
      appId: "2024-02-27/v3/schema=v2", generation: 1, tableVersion: 17,
      partition: ["date": "2024-02-27", "model_version": "v3"],
      files: [TableFile(path: "a.parquet", rows: 25_000_000, bytes: 412_345_678, sha256: "ab")],
      deadLetters: 1, schemaVersion: 2, schema: [],
      model: .init(name: "risk", version: "v3", kind: "aotinductor", sha256: "cd", descriptionSHA256: "ef"),
      contentDigest: "12", inputDigest: "34", planDigest: "56",
      timings: try BatchTimings([receipt], mergeSeconds: 8.25), cost: cost, createdBy: "Consolidate")
  }

  private static let cost = BatchCost(
    .init(pricePerHour: Decimal(string: "3.06") ?? 0, instances: 4), wallSeconds: 10_800, rows: 25_000_000)

  @Test("the report of the article's job")
  func golden() throws {
    let report = MergeReport(
      outcome: .merged, table: "lake/predictions", manifest: try Self.manifest(cost: Self.cost), shards: 4)
    #expect(
      report.text == """
        2024-02-27/v3: merged as version 17 of lake/predictions
          rows        25,000,000 of 4 shards, 1 dead letter
          files       1 file, 412,345,678 bytes
          shards ran  10800.0 s, 43000.5 s of CPU
          throughput  2,315 rows/s
          merge       8.2 s
          cost        $36.72: 4 instances at $3.06 an hour for 3.00 h
                      $1.47 per million rows, $0.0000015 per row

        """)
  }

  @Test("without a price there is no cost")
  func noPrice() throws {
    let report = MergeReport(outcome: .alreadyMerged, table: "t", manifest: try Self.manifest(cost: nil), shards: 1)
    #expect(!report.text.contains("cost"))
    #expect(report.text.hasPrefix("2024-02-27/v3: already merged as version 17 of t\n"))
  }

  @Test("rows per second are rows over seconds, as anyone can recompute")
  func consistent() throws {
    let timings = try Self.manifest(cost: nil).timings
    #expect(timings.wallSeconds == 10_800)
    #expect(timings.rowsPerSecond == 2314.8)
  }

  @Test("a batch takes at least as long as its longest shard, however coarse the receipts' times are")
  func coarseTimes() throws {
    let plan = try Plan(
      run: [:], input: .init(root: "", files: [], rows: 0),
      model: .init(path: "", name: "", version: "", schemaVersion: 1, sha256: ""), shards: [])
    var receipt = RunFixture.receipt(plan, 0, [Part(path: "p", rows: 100, bytes: 1, sha256: "")], [])
    receipt.startedAt = "2024-02-27T02:00:00Z"
    receipt.finishedAt = "2024-02-27T02:00:00Z"
    receipt.seconds.total = 0.25
    let timings = try BatchTimings([receipt], mergeSeconds: 0)
    #expect(timings.wallSeconds == 0.25)
    #expect(timings.rowsPerSecond == 400)
  }

  @Test("a receipt whose time is none is refused", arguments: ["", "yesterday", "2024-02-27"])
  func noTime(_ text: String) throws {
    let plan = try Plan(
      run: [:], input: .init(root: "", files: [], rows: 0),
      model: .init(path: "", name: "", version: "", schemaVersion: 1, sha256: ""), shards: [])
    var receipt = RunFixture.receipt(plan, 3, [], [])
    receipt.startedAt = text
    #expect(throws: RunFileError.malformed(path: "receipt of shard 3", reason: "`\(text)` is no RFC 3339 time")) {
      try BatchTimings([receipt], mergeSeconds: 0)
    }
  }

  @Test("the JSON is the manifest with outcome and table, and reads back as the manifest")
  func json() throws {
    let manifest = try Self.manifest(cost: Self.cost)
    let text = try MergeReport(outcome: .merged, table: "t", manifest: manifest, shards: 4).json()
    let tree = try JSONValue(parsing: Data(text.utf8))
    #expect(tree["outcome"] == .string("merged") && tree["table"] == .string("t"))
    #expect(tree["cost"]?["total"] == .number("36.72"))
    #expect(try JSONDecoder().decode(BatchManifest.self, from: Data(text.utf8)) == manifest)
  }

  @Test("thousands are set apart", arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")])
  func grouped(_ number: Int, _ expected: String) { #expect(MergeReport.grouped(number) == expected) }
}
