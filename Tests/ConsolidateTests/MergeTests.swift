import DeltaLog
import Foundation
import RunFiles
import Storage
import Testing

@testable import Consolidate

@Suite struct MergeTests {
  private let fixture: RunFixture

  init() throws { fixture = try RunFixture() }

  private func snapshot(at version: Int? = nil) throws -> Snapshot {
    try #require(try DeltaTable(store: LocalLogStore(table: fixture.table)).snapshot(at: version))
  }

  private func dataFiles() -> [String] {
    let all = FileManager.default.enumerator(atPath: fixture.table)?.compactMap { $0 as? String } ?? []
    return all.filter { $0.hasSuffix(".parquet") }.sorted()
  }

  @Test("a merge holds each row once, in the input's order, in one commit")
  func merge() throws {
    let report = try fixture.merge(fixture.writeThreeShards())
    #expect(report.outcome == .merged)
    #expect(report.manifest.tableVersion == 0)
    #expect(try TableRows(fixture.table).ids == TableRows.thousand)
    let snapshot = try snapshot()
    #expect(snapshot.files.map { PercentEncoding.decode($0.path) } == dataFiles())
    #expect(snapshot.transaction(of: "2013-07-04/v1/schema=v1")?.version == 1)
    #expect(snapshot.files.first?.numRecords == 1000)
  }

  @Test("a second merge adds nothing, even when the parts are gone")
  func idempotent() throws {
    let run = try fixture.writeThreeShards()
    let first = try fixture.merge(run)
    try FileManager.default.removeItem(atPath: run.absolute("shard-00001/part-00000-0.parquet"))
    let second = try fixture.merge(run)
    #expect(second.outcome == .alreadyMerged)
    #expect(second.manifest == first.manifest)
    #expect(try snapshot().version == 0)
    #expect(dataFiles().count == 1)
  }

  @Test("a target size splits a partition at row groups; the rows stay in order")
  func split() throws {
    let batches = try (0..<4).map { try RunFixture.predictions($0 * 500, 500) }
    let run = try fixture.write(.init(shards: [batches], rowGroupRows: 250))
    let report = try fixture.merge(run, .init(targetFileBytes: 3000))
    #expect(report.manifest.files.count > 1)
    #expect(report.manifest.files.map(\.path) == dataFiles())
    #expect(try TableRows(fixture.table).ids == (0..<2000).map { "row-\($0)" })
  }

  @Test("two merges of the same parts give identical bytes")
  func deterministic() throws {
    let other = try RunFixture()
    let first = try fixture.merge(fixture.writeThreeShards()).manifest.files
    #expect(try other.merge(other.writeThreeShards()).manifest.files == first)
  }

  @Test("the same batch with other rows is refused, and the hint says how to replace it")
  func otherContent() throws {
    _ = try fixture.merge(fixture.writeThreeShards())
    let changed = try fixture.writeThreeShards("changed", scoreOffset: 1)
    let error = try #require(throws: ConsolidateError.self) { try fixture.merge(changed) }
    #expect(error.exitStatus == .data)
    #expect(error.message.contains("already holds batch 2013-07-04/v1 with other content (version 0)"))
    #expect(error.hint == "use a new model version, or `--generation 2` to replace what is there")
    #expect(try TableRows(fixture.table).scores.allSatisfy { $0 < 1 })
  }

  @Test("the next generation replaces the rows in one commit; the old ones stay readable by version")
  func generation() throws {
    _ = try fixture.merge(fixture.writeThreeShards())
    let changed = try fixture.writeThreeShards("changed", scoreOffset: 1)
    let report = try fixture.merge(changed, .init(generation: 2))
    #expect(report.outcome == .merged && report.manifest.tableVersion == 1)
    let rows = try TableRows(fixture.table)
    #expect(rows.ids == TableRows.thousand)
    #expect(rows.scores.allSatisfy { $0 >= 1 })
    #expect(try TableRows(fixture.table, at: 0).scores.allSatisfy { $0 < 1 })
    #expect(try fixture.merge(changed, .init(generation: 2)).outcome == .alreadyMerged)
  }

  @Test("a generation behind the table's is refused")
  func oldGeneration() throws {
    let run = try fixture.writeThreeShards()
    _ = try fixture.merge(run)
    _ = try fixture.merge(fixture.writeThreeShards("changed", scoreOffset: 1), .init(generation: 2))
    let error = try #require(throws: ConsolidateError.self) { try fixture.merge(run) }
    #expect(error.hint?.contains("--generation 3") == true)
  }

  @Test("a generation with the same rows as the last is a commit of its own, with files of its own")
  func sameRowsAgain() throws {
    let run = try fixture.writeThreeShards()
    let first = try fixture.merge(run).manifest.files
    let second = try fixture.merge(run, .init(generation: 2)).manifest.files
    #expect(first.map(\.sha256) == second.map(\.sha256))
    #expect(first.map(\.path) != second.map(\.path))
    #expect(try TableRows(fixture.table).ids == TableRows.thousand)
  }

  @Test("other days and models are batches of their own, side by side")
  func otherBatches() throws {
    for labels in [("2013-07-04", "v1"), ("2013-07-05", "v1"), ("2013-07-04", "v2")] {
      let shape = RunFixture.Shape(
        name: "run-\(labels)", labels: ["date": labels.0, "model_version": labels.1],
        shards: [[try RunFixture.predictions(0, 10)]])
      _ = try fixture.merge(fixture.write(shape))
    }
    let snapshot = try snapshot()
    #expect(snapshot.version == 2)
    #expect(snapshot.files(in: ["date": "2013-07-04"]).count == 2)
    #expect(snapshot.files(in: ["model_version": "v1"]).count == 2)
  }

  private func shape(_ name: String, date: String, _ columns: [Column], schemaVersion: Int) throws -> RunFixture.Shape {
    RunFixture.Shape(
      name: name, labels: ["date": date, "model_version": "v1"], schemaVersion: schemaVersion,
      shards: [[try RecordBatch(columns)]])
  }

  @Test("new columns join the table with the commit that brings them")
  func evolution() throws {
    let v1 = [Column("id", texts: ["a"]), Column("score", [Float(1)])]
    _ = try fixture.merge(fixture.write(shape("one", date: "2013-07-04", v1, schemaVersion: 1)))
    let v2 = v1 + [Column("class", [Int32(1)]), Column("confidence", [Float(0.5)])]
    _ = try fixture.merge(fixture.write(shape("two", date: "2013-07-05", v2, schemaVersion: 2)))
    #expect(
      try snapshot().schema.description
        == "id string, score float, date date, model_version string, class integer, confidence float")
    _ = try fixture.merge(fixture.write(shape("three", date: "2013-07-06", v1, schemaVersion: 1)))
    #expect(try snapshot().version == 2)
  }

  @Test("a column that changed its type is refused; both schemas are named and nothing is written")
  func incompatible() throws {
    _ = try fixture.merge(
      fixture.write(shape("one", date: "2013-07-04", [Column("score", [Float(1)])], schemaVersion: 1)))
    let other = try fixture.write(shape("two", date: "2013-07-05", [Column("score", [Double(1)])], schemaVersion: 2))
    let error = try #require(throws: DeltaError.self) { try fixture.merge(other) }
    #expect(error.message.contains("column score is float in the table and double in the batch"))
    #expect(error.message.contains("table: score float, date date"))
    #expect(error.message.contains("batch: score double not null, date date"))
    #expect(error.exitStatus == .data)
    #expect(dataFiles().count == 1)
  }

  @Test("the same batch under a new schema version would double its rows: refused, and replaced on demand")
  func sameBatchOtherSchemaVersion() throws {
    let columns = [Column("id", texts: ["a"]), Column("score", [Float(1)])]
    _ = try fixture.merge(fixture.write(shape("one", date: "2013-07-04", columns, schemaVersion: 1)))
    let second = try fixture.write(shape("two", date: "2013-07-04", columns, schemaVersion: 2))
    let error = try #require(throws: ConsolidateError.self) { try fixture.merge(second) }
    #expect(error.message.contains("already holds batch 2013-07-04/v1 under another schema version"))
    _ = try fixture.merge(second, .init(generation: 2))
    #expect(try TableRows(fixture.table).ids == ["a"])
    let old = fixture.table + "/schema=v1/model_version=v1/date=2013-07-04"
    #expect(LocalFile.names(in: old).filter { $0.hasPrefix("_") }.isEmpty)
  }

  @Test("a table partitioned by other columns is refused")
  func otherPartitioning() throws {
    _ = try fixture.merge(fixture.writeThreeShards())
    let region = Batch.PartitionColumn(name: "region", value: "eu")
    #expect(
      throws: ConsolidateError.partitionColumns(table: ["date", "model_version"], batch: ["region"])
    ) { try fixture.merge(fixture.writeThreeShards("other"), .init(partition: [region])) }
  }

  @Test("in a partition that several batches share, files of unknown origin are never replaced")
  func foreignFiles() throws {
    let options = { generation in
      Merge.Options(partition: [.init(name: "date", value: "2013-07-04")], generation: generation)
    }
    let run = try fixture.writeThreeShards()
    _ = try fixture.merge(run, options(1))
    let table = DeltaTable(store: LocalLogStore(table: fixture.table))
    let foreign = AddedFile(path: "x.parquet", partitionValues: ["date": "2013-07-04"], size: 1, modificationTime: 0)
    _ = try table.commit(CommitProposal(operation: "WRITE", actions: [.add(foreign)]), on: table.snapshot())
    #expect(throws: ConsolidateError.self) { try fixture.merge(run, options(2)) }
    #expect(try snapshot().version == 1)
  }

  @Test("a batch of no rows is committed as such")
  func noRows() throws {
    let empty = try RunFixture.predictions(0, 0)
    let report = try fixture.merge(fixture.write(.init(shards: [[empty]])))
    #expect(report.manifest.recordCount == 0 && report.manifest.files.isEmpty)
    #expect(try snapshot().transaction(of: "2013-07-04/v1/schema=v1")?.version == 1)
  }

  @Test("statistics bound the values; a column with NaN has none; nulls are counted")
  func statistics() throws {
    let columns = [
      Column("id", texts: ["b", nil, "a"]), Column("score", [Float(0.25), 0.5, 0.125]),
      Column("odd", [Double(1), .nan, 2]), Column("gone", optional: [Double?.none, nil, nil]),
    ]
    _ = try fixture.merge(fixture.write(shape("run", date: "2013-07-04", columns, schemaVersion: 1)))
    let stats = try JSONValue(parsing: Data((try snapshot().files[0].stats ?? "").utf8))
    #expect(stats["minValues"] == .object(["id": .string("a"), "score": .number("0.125")]))
    #expect(stats["maxValues"] == .object(["id": .string("b"), "score": .number("0.5")]))
    #expect(
      stats["nullCount"]
        == .object(["id": .number("1"), "score": .number("0"), "odd": .number("0"), "gone": .number("3")]))
  }

  @Test("a price that comes later completes the manifest")
  func latePrice() throws {
    let run = try fixture.writeThreeShards()
    #expect(try fixture.merge(run).manifest.cost == nil)
    let rate = BatchCost.Rate(pricePerHour: 3, instances: 2)
    #expect(try fixture.merge(run, .init(rate: rate)).manifest.cost?.instances == 2)
    #expect(try fixture.merge(run).manifest.cost?.instances == 2)
  }

  @Test("verify finds the table as recorded, and whatever was changed in it")
  func verify() throws {
    let run = try fixture.writeThreeShards()
    let file = try fixture.merge(run).manifest.files[0].path
    var clean = TableVerification(store: LocalStore(root: fixture.table))
    try clean.checkTable()
    try clean.checkRun(run)
    #expect(clean.failures.isEmpty)
    #expect(clean.text == "\(fixture.table): 1 file, 1,000 rows, 1 manifest: all as recorded\n")
    var data = try Data(contentsOf: URL(fileURLWithPath: "\(fixture.table)/\(file)"))
    data[100] ^= 1
    try data.write(to: URL(fileURLWithPath: "\(fixture.table)/\(file)"))
    var damaged = TableVerification(store: LocalStore(root: fixture.table))
    try damaged.checkTable()
    #expect(damaged.failures.count == 1)
    #expect(damaged.failures.first?.hasPrefix("\(file): SHA-256 ") == true)
  }

  @Test("verify tells when a run is not in the table")
  func verifyRun() throws {
    _ = try fixture.merge(fixture.writeThreeShards())
    var verification = TableVerification(store: LocalStore(root: fixture.table))
    let other = RunFixture.Shape(
      name: "other", labels: ["date": "2013-07-09", "model_version": "v1"],
      shards: [[try RunFixture.predictions(0, 1)]])
    try verification.checkRun(fixture.write(other))
    #expect(verification.failures.count == 1)
    #expect(verification.failures.first?.contains("2013-07-09/v1") == true)
  }
}
