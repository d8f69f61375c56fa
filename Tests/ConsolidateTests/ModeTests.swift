import DeltaLog
import Foundation
import RunFiles
import Storage
import Testing

@testable import Consolidate

@Suite struct ModeTests {
  private let fixture: RunFixture

  init() throws { fixture = try RunFixture() }

  private func run(_ name: String, _ batch: RecordBatch, date: String = "2013-07-04") throws -> RunDirectory {
    try fixture.write(
      .init(name: name, labels: ["date": date, "model_version": "v1", "run_id": name], shards: [[batch]]))
  }

  private func predictions(_ range: Range<Int>, offset: Float = 0) throws -> RecordBatch {
    try RunFixture.predictions(range.lowerBound, range.count, scoreOffset: offset)
  }

  private func table() -> DeltaTable { DeltaTable(in: LocalStore(root: fixture.table)) }

  private static let byKey = Merge.Options(mode: .mergeByKey(columns: ["id"], updates: false))
  private static let updating = Merge.Options(mode: .mergeByKey(columns: ["id"], updates: true))

  @Test("a merge by key adds the rows whose key is not there, and a second time none")
  func insert() throws {
    _ = try fixture.merge(run("a", predictions(0..<100)), Self.byKey)
    let second = try run("b", predictions(50..<150, offset: 5))
    let report = try fixture.merge(second, Self.byKey)
    #expect(report.manifest.rowsByKey == RowsByKey(inserted: 50, updated: 0, leftOut: 50))
    let rows = try TableRows(fixture.table)
    #expect(rows.ids.sorted() == (0..<150).map { "row-\($0)" }.sorted())
    #expect(rows.scores.count { $0 >= 5 } == 50)
    #expect(try fixture.merge(second, Self.byKey).outcome == .alreadyMerged)
    #expect(try table().snapshot()?.version == 1)
  }

  @Test("with updates, rows whose key is there are replaced, and the others stay")
  func update() throws {
    _ = try fixture.merge(run("a", predictions(0..<100)), Self.updating)
    let report = try fixture.merge(run("b", predictions(50..<150, offset: 5)), Self.updating)
    #expect(report.manifest.rowsByKey == RowsByKey(inserted: 50, updated: 50, leftOut: 0))
    let rows = try TableRows(fixture.table)
    #expect(rows.ids.sorted() == (0..<150).map { "row-\($0)" }.sorted())
    #expect(rows.scores.count { $0 >= 5 } == 100)
    #expect(try TableRows(fixture.table, at: 0).scores.allSatisfy { $0 < 5 })
    var verification = TableVerification(store: LocalStore(root: fixture.table))
    try verification.checkTable()
    #expect(verification.failures.isEmpty)
  }

  @Test("keys are compared within a partition: the same id on another day is another row")
  func keysWithinPartition() throws {
    _ = try fixture.merge(run("a", predictions(0..<10)), Self.byKey)
    _ = try fixture.merge(run("b", predictions(0..<10), date: "2013-07-05"), Self.byKey)
    #expect(try TableRows(fixture.table).ids.count == 20)
  }

  @Test("a batch with the same key twice is refused, and nothing of it is visible")
  func duplicateKeys() throws {
    let twice = try RecordBatch([Column("id", texts: ["a", "b", "a"]), Column("score", [1, 2, 3] as [Float])])
    #expect(throws: ConsolidateError.duplicateKeys(count: 1, columns: ["id"])) {
      try fixture.merge(run("a", twice), Self.byKey)
    }
    #expect(LocalFile.names(in: fixture.table + "/_delta_log").isEmpty)
  }

  @Test("overwriting takes the place of everything in the partition, and of nothing beside it")
  func overwrite() throws {
    _ = try fixture.merge(run("a", predictions(0..<10)), Self.byKey)
    _ = try fixture.merge(run("b", predictions(10..<20), date: "2013-07-05"))
    let again = try run("c", predictions(20..<25))
    _ = try fixture.merge(again, .init(mode: .overwritePartitions))
    #expect(try TableRows(fixture.table).ids.sorted() == (10..<25).map { "row-\($0)" }.sorted())
    #expect(try fixture.merge(again, .init(mode: .overwritePartitions)).outcome == .alreadyMerged)
  }

  @Test("rows go to the partitions that their own columns name, whatever those hold")
  func dataPartitions() throws {
    let regions = ["eu", nil, "us west", "eu", "a/b", nil]
    let batch = try RecordBatch([
      Column("id", texts: (0..<6).map { "r\($0)" }), Column("region", texts: regions),
      Column("class", optional: [1, 2, nil, 1, 1, 2] as [Int32?]), Column("score", (0..<6).map { Float($0) }),
    ])
    let report = try fixture.merge(run("a", batch), .init(dataPartition: ["region", "class"]))
    #expect(report.manifest.recordCount == 6)
    let snapshot = try #require(try table().snapshot())
    #expect(snapshot.metadata.partitionColumns == ["date", "model_version", "region", "class"])
    let values = snapshot.files.map { file in
      let names = ["region", "class"].map { (file.partitionValues[$0] ?? nil) ?? "-" }
      return names.joined(separator: "/") + "/\(file.numRecords ?? 0)"
    }
    #expect(values.sorted() == ["-/2/2", "a/b/1/1", "eu/1/2", "us west/-/1"])
    #expect(snapshot.files.contains { $0.path.contains("region=__HIVE_DEFAULT_PARTITION__/class=2/") })
    let reader = try ParquetReader(path: fixture.table + "/" + PercentEncoding.decode(snapshot.files[0].path))
    #expect(reader.fields.map(\.name) == ["id", "score"])
  }

  @Test("more partitions than files may be open are written in several passes, none lost")
  func manyPartitions() throws {
    let count = RowRouter.openFiles * 2 + 3
    let batch = try RecordBatch([
      Column("id", texts: (0..<200).map { "r\($0)" }), Column("class", (0..<200).map { Int32($0 % count) }),
    ])
    let report = try fixture.merge(run("a", batch), .init(dataPartition: ["class"]))
    #expect(report.manifest.files.count == count && report.manifest.recordCount == 200)
  }

  @Test("a deleted run's rows are gone, come back on no rerun, and only on purpose")
  func deleteRun() throws {
    _ = try fixture.merge(run("a", predictions(0..<10)))
    let bad = try run("b", predictions(10..<20), date: "2013-07-05")
    _ = try fixture.merge(bad)
    let store = LocalStore(root: fixture.table)
    let outcome = try RunDeletion(store: store, selector: .run(id: "b")).perform()
    #expect(outcome == .init(version: 2, files: 1, rows: 10))
    #expect(try TableRows(fixture.table).ids == (0..<10).map { "row-\($0)" })
    #expect(try TableRows(fixture.table, at: 1).ids.count == 20)
    #expect(try RunDeletion(store: store, selector: .run(id: "b")).perform() == .init())
    #expect(throws: ConsolidateError.batchDeleted(batch: "2013-07-05/v1", version: 2, generation: 3)) {
      try fixture.merge(bad)
    }
    _ = try fixture.merge(bad, .init(generation: 3))
    #expect(try TableRows(fixture.table).ids.count == 20)
  }

  @Test("a vacuum removes what no version in the retention time holds, and nothing else")
  func vacuum() throws {
    _ = try fixture.merge(run("a", predictions(0..<10)))
    _ = try fixture.merge(run("b", predictions(0..<12)), .init(generation: 2))
    let store = LocalStore(root: fixture.table)
    let stray = "schema=v1/model_version=v1/date=2013-07-04/part-00000-never.parquet"
    try store.write(stray, Data([1]))
    #expect(try Vacuum(store: store).perform().files.isEmpty)
    let later = Int(Date().timeIntervalSince1970 * 1000) + DeltaTable.tombstoneRetention + 60_000
    let rehearsal = try Vacuum(store: store, isRehearsal: true, now: later).perform()
    #expect(rehearsal.files.count == 2 && rehearsal.files.contains(stray))
    #expect(try Vacuum(store: store, now: later).perform() == rehearsal)
    #expect(try Vacuum(store: store, now: later).perform().files.isEmpty)
    #expect(try TableRows(fixture.table).ids.count == 12)
    #expect(try store.info("schema=v1/model_version=v1/date=2013-07-04/_SUCCESS") != nil)
  }

  @Test("every tenth version has a checkpoint, from which the table is read when early commits are gone")
  func checkpoints() throws {
    for day in 10...21 {
      let rows = try predictions(day * 10..<day * 10 + 10)
      _ = try fixture.merge(run("d\(day)", rows, date: "2013-08-\(day)"))
    }
    let log = fixture.table + "/_delta_log"
    #expect(LocalFile.size("\(log)/00000000000000000010.checkpoint.parquet") != nil)
    let hint = try JSONValue(parsing: Data(contentsOf: URL(fileURLWithPath: log + "/_last_checkpoint")))
    #expect(hint["version"] == .number("10") && hint["numOfAddFiles"] == .number("11"))
    let before = try #require(try table().snapshot())
    for version in 0...9 { try FileManager.default.removeItem(atPath: "\(log)/0000000000000000000\(version).json") }
    let after = try #require(try table().snapshot())
    #expect(after.files.map(\.path) == before.files.map(\.path) && after.metadata == before.metadata)
    #expect(after.files.map(\.tags) == before.files.map(\.tags))
    #expect(after.files.map(\.partitionValues) == before.files.map(\.partitionValues))
    let again = try fixture.merge(RunDirectory("\(fixture.root)/d12"))
    #expect(again.outcome == .alreadyMerged && again.manifest.tableVersion == 2)
  }
}
