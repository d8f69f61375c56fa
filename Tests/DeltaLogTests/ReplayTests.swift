import Foundation
import RunFiles
import Testing

@testable import DeltaLog

@Suite struct ReplayTests {
  private static let version1 = #"{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}"#
  private static let metadata = ##"""
    {"metaData":{"id":"g","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\
    \"fields\":[{\"name\":\"id\",\"type\":\"string\",\"nullable\":true,\"metadata\":{\"n\":1.10}},\
    {\"name\":\"price\",\"type\":\"decimal(10,2)\",\"nullable\":true,\"metadata\":{}}]}",\
    "partitionColumns":[],"configuration":{},"createdTime":5}}
    """##.replacingOccurrences(of: "\\\n", with: "")

  private static func add(_ path: String) -> String {
    #"{"add":{"path":"\#(path)","partitionValues":{},"size":1,"modificationTime":0,"dataChange":true}}"#
  }

  @Test("a directory without a log is no table")
  func noTable() throws {
    #expect(try TableFixture().table.snapshot() == nil)
  }

  @Test("adds, removes and transactions of all versions give the state")
  func replay() throws {
    let fixture = try TableFixture()
    try fixture.write(version: 0, Self.version1, Self.metadata, Self.add("a"), Self.add("b"))
    try fixture.write(
      version: 1, #"{"txn":{"appId":"x","version":4}}"#,
      #"{"remove":{"path":"a","dataChange":true,"deletionTimestamp":1}}"#, Self.add("c"))
    let latest = try fixture.latest()
    #expect(latest.version == 1)
    #expect(latest.files.map(\.path) == ["b", "c"])
    #expect(latest.transaction(of: "x") == .init(version: 4, committedIn: 1, lastUpdated: nil))
    #expect(try fixture.table.snapshot(at: 0)?.files.map(\.path) == ["a", "b"])
  }

  @Test("unknown actions and members are skipped")
  func unknown() throws {
    let fixture = try TableFixture()
    try fixture.write(
      version: 0, #"{"protocol":{"minReaderVersion":1,"minWriterVersion":2,"new":[1]}}"#, Self.metadata,
      #"{"domainMetadata":{"domain":"d","configuration":"{}","removed":false}}"#,
      #"{"add":{"path":"a","partitionValues":{},"size":1,"modificationTime":0,"dataChange":true,"x":{}}}"#)
    #expect(try fixture.latest().files.map(\.path) == ["a"])
  }

  @Test("a remove finds its file although the writers escaped its path differently")
  func escapedPaths() throws {
    let fixture = try TableFixture()
    try fixture.write(version: 0, Self.version1, Self.metadata, Self.add("d=a%3Ab/x.parquet"))
    try fixture.write(version: 1, #"{"remove":{"path":"d=a:b/x.parquet","dataChange":true}}"#)
    #expect(try fixture.latest().files.isEmpty)
  }

  @Test("a schema is written back as it was read: foreign types, metadata and digits included")
  func schemaFidelity() throws {
    let fixture = try TableFixture()
    try fixture.write(version: 0, Self.version1, Self.metadata)
    let snapshot = try fixture.latest()
    #expect(snapshot.schema["price"]?.type == .other(.string("decimal(10,2)")))
    #expect(snapshot.schema.schemaString.contains(#""metadata":{"n":1.10}"#))
    #expect(try TableSchema(schemaString: snapshot.schema.schemaString) == snapshot.schema)
  }

  @Test("what is encoded decodes to the same actions, one line each")
  func roundTrip() throws {
    let file = AddedFile(
      path: "a%20b", partitionValues: ["date": nil, "m": "v1"], size: 9_007_199_254_740_993,
      modificationTime: 1, stats: #"{"numRecords":3}"#, tags: ["k": "v", "n": nil])
    let actions: [Action] = [
      .commitInfo(CommitInfo(["timestamp": .number("1"), "free": .array([.number("0.10")])])),
      .protocol(ProtocolVersions(minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["a"], writerFeatures: [])),
      .metaData(TableMetadata(id: "g", schemaString: "{}", partitionColumns: ["m"], createdTime: nil)),
      .add(file), .remove(RemovedFile(file, deletedAt: 7)), .transaction("app", 2),
    ]
    let contents = Action.encode(actions)
    #expect(try Action.decode(contents, file: "f") == actions)
    #expect(contents.split(separator: UInt8(ascii: "\n")).count == actions.count)
    #expect(file.numRecords == 3)
    #expect(file.tag("k") == "v" && file.tag("n") == nil)
  }

  @Test("a damaged line is named with its file and what is wrong")
  func damaged() throws {
    let fixture = try TableFixture()
    try fixture.write(version: 0, Self.version1, Self.metadata, #"{"add":{"path":"a","size":"many"}}"#)
    #expect(
      throws: DeltaError.corrupt(
        file: "00000000000000000000.json", reason: "line 3: add.size is not a whole number")
    ) { try fixture.table.snapshot() }
  }

  @Test("a log with a hole is refused, with the missing file's name")
  func hole() throws {
    let fixture = try TableFixture()
    try fixture.write(version: 0, Self.version1, Self.metadata)
    try fixture.write(version: 2, Self.add("a"))
    #expect(
      throws: DeltaError.corrupt(
        file: "00000000000000000001.json", reason: "missing, and no checkpoint covers it")
    ) { try fixture.table.snapshot() }
  }

  @Test("a version before the first checkpoint whose commits are gone is refused, and the checkpoint is named")
  func cleanedUp() throws {
    let fixture = try TableFixture()
    try fixture.write(version: 11, Self.add("a"))
    try Data().write(to: URL(fileURLWithPath: fixture.path + "/_delta_log/00000000000000000010.checkpoint.parquet"))
    let error = try #require(throws: DeltaError.self) { try fixture.table.snapshot() }
    #expect(error.message.contains("the first checkpoint from there on is that of version 10"))
    #expect(error.exitStatus == .data)
  }

  @Test("a checkpoint beside a complete log is not needed")
  func redundantCheckpoint() throws {
    let fixture = try TableFixture()
    try fixture.write(version: 0, Self.version1, Self.metadata, Self.add("a"))
    try Data().write(to: URL(fileURLWithPath: fixture.path + "/_delta_log/00000000000000000000.checkpoint.parquet"))
    #expect(try fixture.latest().files.count == 1)
  }

  @Test("a version the table does not have is refused")
  func noSuchVersion() throws {
    let fixture = try TableFixture()
    try fixture.create()
    #expect(throws: DeltaError.unwritable("the table has no version 3: its versions are 0 to 0")) {
      try fixture.table.snapshot(at: 3)
    }
  }

  @Test(
    "a table that needs more than we implement is refused by the feature's name",
    arguments: [
      (
        #"{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["deletionVectors"],"writerFeatures":[]}"#,
        "cannot read this Delta table: it needs deletionVectors"
      ),
      (#"{"minReaderVersion":2,"minWriterVersion":5}"#, "cannot read this Delta table: it needs columnMapping"),
      (#"{"minReaderVersion":4,"minWriterVersion":8}"#, "needs reader version 4"),
    ])
  func unreadable(_ json: String, _ message: String) throws {
    let fixture = try TableFixture()
    try fixture.write(version: 0, #"{"protocol":\#(json)}"#, Self.metadata)
    let error = try #require(throws: DeltaError.self) { try fixture.table.snapshot() }
    #expect(error.message.contains(message))
  }

  @Test(
    "a table that may be read but not written refuses the commit by the feature's name",
    arguments: [
      (#"{"minReaderVersion":1,"minWriterVersion":4}"#, "checkConstraints, changeDataFeed, generatedColumns"),
      (
        #"{"minReaderVersion":1,"minWriterVersion":7,"writerFeatures":["appendOnly","rowTracking"]}"#,
        "needs rowTracking ("
      ),
    ])
  func unwritable(_ json: String, _ feature: String) throws {
    let fixture = try TableFixture()
    try fixture.write(version: 0, #"{"protocol":\#(json)}"#, Self.metadata)
    let snapshot = try fixture.latest()
    let error = try #require(throws: DeltaError.self) {
      try fixture.table.commit(CommitProposal(.transaction("x", 1)), on: snapshot)
    }
    #expect(error.message.contains(feature))
  }

  @Test("writer version 7 with only features of version 2 can be written")
  func oldFeaturesUnderNewNames() throws {
    let fixture = try TableFixture()
    try fixture.write(
      version: 0,
      #"{"protocol":{"minReaderVersion":1,"minWriterVersion":7,"writerFeatures":["appendOnly","invariants"]}}"#,
      Self.metadata)
    #expect(try fixture.table.commit(CommitProposal(.transaction("x", 1)), on: fixture.latest()) == 1)
  }
}
