import DeltaLog
import RunFiles
import Storage
import Testing

@testable import Consolidate

@Suite struct BatchTests {
  private typealias Column = Batch.PartitionColumn

  private func batch(
    labels: [String: String] = ["date": "2013-07-04", "model_version": "v1"],
    partition: [Batch.PartitionColumn] = [], schemaVersion: Int = 1
  ) throws -> Batch {
    let fixture = try RunFixture()
    let shape = RunFixture.Shape(
      labels: labels, schemaVersion: schemaVersion, shards: [[try RunFixture.predictions(0, 3)]])
    let run = try StagedRun(directory: try fixture.write(shape))
    return try Batch(run, partition: partition, generation: 1)
  }

  @Test("the plan's labels name the batch, its transactions and its directory")
  func names() throws {
    let batch = try batch()
    #expect(batch.name == "2013-07-04/v1")
    #expect(batch.appId == "2013-07-04/v1/schema=v1")
    #expect(batch.directory == "schema=v1/model_version=v1/date=2013-07-04")
    #expect(batch.partition.map(\.name) == ["date", "model_version"])
    #expect(batch.ownsPartition)
    #expect(
      batch.schema.description
        == "id string, score float not null, late integer not null, date date not null, model_version string not null")
  }

  @Test("a schema version has its own directory and transactions, under the same batch name")
  func schemaVersion() throws {
    let batch = try batch(schemaVersion: 2)
    #expect(batch.name == "2013-07-04/v1")
    #expect(batch.appId == "2013-07-04/v1/schema=v2")
    #expect(batch.directory.hasPrefix("schema=v2/"))
  }

  @Test("batches of several regions and models are told apart, whatever the table is partitioned by")
  func identity() throws {
    let regional = try batch(partition: [
      Column(name: "date", value: "2013-07-04"), Column(name: "region", value: "eu"),
    ])
    #expect(regional.name == "2013-07-04/v1/eu")
    #expect(regional.directory == "schema=v1/date=2013-07-04/region=eu")
    #expect(!regional.ownsPartition)
  }

  @Test("a value that is no safe file name is escaped in the path, not in the table")
  func escaping() throws {
    let batch = try batch(partition: [Column(name: "region", value: "a/b c%")])
    #expect(batch.directory == "schema=v1/region=a%2Fb%20c%25")
    #expect(batch.partitionValues == ["region": "a/b c%"])
  }

  @Test(
    "only a calendar date in a column called so becomes a date",
    arguments: [
      ("date", "2013-07-04", DataType.date), ("batch_date", "2013-07-04", .date), ("date", "2013-02-30", .string),
      ("model_version", "2013-07-04", .string), ("update", "2013-07-04", .string),
    ])
  func dates(_ name: String, _ value: String, _ type: DataType) {
    #expect(Column(name: name, value: value).type == type)
  }

  @Test("a label that is missing is named, with what to do")
  func missingLabel() throws {
    let error = try #require(throws: ConsolidateError.self) { try batch(labels: ["date": "2013-07-04"]) }
    #expect(error == .labelMissing(name: "model_version"))
    #expect(error.exitStatus == .data)
    #expect(error.hint?.contains("--partition model_version=") == true)
  }

  @Test("a partition column cannot also be a column of the parts")
  func clash() throws {
    #expect(throws: ConsolidateError.partitionColumnInParts(name: "late")) {
      try batch(partition: [Column(name: "Late", value: "1")])
    }
  }

  @Test("equal content has an equal digest; other rows, columns or partition values have another")
  func digest() throws {
    let same = try batch().contentDigest
    #expect(try batch().contentDigest == same)
    #expect(try batch(labels: ["date": "2013-07-05", "model_version": "v1"]).contentDigest != same)
    let fixture = try RunFixture()
    let other = try fixture.write(.init(shards: [[try RunFixture.predictions(1, 3)]]))
    #expect(try Batch(StagedRun(directory: other), partition: [], generation: 1).contentDigest != same)
  }

  @Test(
    "every supported type has its Delta type; others are refused by name",
    arguments: [
      ("string", "string"), ("float32", "float"), ("float64", "double"), ("int32", "integer"), ("int64", "long"),
      ("boolean", "boolean"), ("date32", "date"), ("timestamp[us, tz=UTC]", "timestamp"),
    ])
  func types(_ arrow: String, _ delta: String) throws {
    #expect(try DeltaColumn.type(of: OutputField(name: "c", type: arrow, nullable: true)).description == delta)
  }

  @Test(
    "a type without a Delta type is refused by name",
    arguments: [
      "uint8", "float16", "timestamp[us]", "timestamp[ns, tz=UTC]", "int8", "large_string",
    ])
  func unsupported(_ type: String) {
    #expect(throws: ConsolidateError.unsupportedType(column: "c", type: type)) {
      try DeltaColumn.type(of: OutputField(name: "c", type: type, nullable: true))
    }
  }
}
