import Foundation
import RunFiles
import Synchronization
import Testing

@testable import DeltaLog

@Suite struct CommitTests {
  @Test("a commit puts commitInfo first, with what made it and when")
  func commitInfoFirst() throws {
    let fixture = try TableFixture()
    let snapshot = try fixture.create()
    let proposal = CommitProposal(
      operation: "WRITE", operationParameters: ["mode": "Append"], info: ["contentDigest": .string("ab")],
      actions: [.file("a")])
    #expect(try fixture.table.commit(proposal, on: snapshot) == 1)
    guard case .commitInfo(let info) = try fixture.table.actions(of: 1).first else {
      Issue.record("the first action is no commitInfo")
      return
    }
    #expect(info.operation == "WRITE")
    #expect(info.timestamp == 1_372_896_000_000)
    #expect(info.members["readVersion"] == .number("0"))
    #expect(info.members["isBlindAppend"] == .bool(true))
    #expect(info.members["contentDigest"] == .string("ab"))
    #expect(info.members["operationParameters"]?["mode"] == .string("Append"))
    #expect(info.txnId != nil)
  }

  @Test("two blind appends on one snapshot both get in, one version after the other")
  func blindAppends() throws {
    let fixture = try TableFixture()
    let snapshot = try fixture.create()
    #expect(try fixture.table.commit(CommitProposal(.file("a")), on: snapshot) == 1)
    #expect(try fixture.table.commit(CommitProposal(.file("b")), on: snapshot) == 2)
    #expect(try fixture.latest().files.map(\.path) == ["a", "b"])
  }

  @Test("the same application's transaction in a winner is a conflict")
  func sameTransaction() throws {
    let fixture = try TableFixture()
    let snapshot = try fixture.create()
    _ = try fixture.table.commit(CommitProposal(.file("a"), .transaction("day", 1)), on: snapshot)
    #expect(throws: DeltaError.conflict(.transaction(appId: "day", version: 1))) {
      try fixture.table.commit(CommitProposal(.file("b"), .transaction("day", 1)), on: snapshot)
    }
    #expect(try fixture.table.commit(CommitProposal(.file("b"), .transaction("other", 1)), on: snapshot) == 2)
  }

  @Test("changed metadata in a winner is a conflict")
  func changedMetadata() throws {
    let fixture = try TableFixture()
    let snapshot = try fixture.create()
    _ = try fixture.table.commit(CommitProposal(.metaData(snapshot.metadata)), on: snapshot)
    #expect(throws: DeltaError.conflict(.metadataChanged(version: 1))) {
      try fixture.table.commit(CommitProposal(.file("b")), on: snapshot)
    }
  }

  @Test("a changed protocol in a winner is a conflict")
  func changedProtocol() throws {
    let fixture = try TableFixture()
    let snapshot = try fixture.create()
    _ = try fixture.table.commit(CommitProposal(.protocol(snapshot.versions)), on: snapshot)
    #expect(throws: DeltaError.conflict(.protocolChanged(version: 1))) {
      try fixture.table.commit(CommitProposal(.file("b")), on: snapshot)
    }
  }

  @Test("of two who create the table, the second has to look again")
  func creationRace() throws {
    let fixture = try TableFixture()
    try fixture.create()
    #expect(throws: DeltaError.conflict(.protocolChanged(version: 0))) { try fixture.create() }
  }

  @Test("a file added to a partition that was read is a conflict, in another partition it is none")
  func readPartition() throws {
    let fixture = try TableFixture()
    let snapshot = try fixture.create()
    _ = try fixture.table.commit(CommitProposal(.file("a", date: "2013-07-04")), on: snapshot)
    #expect(throws: DeltaError.conflict(.partitionChanged(path: "a", version: 1))) {
      try fixture.table.commit(CommitProposal(.file("b"), reading: [["date": "2013-07-04"]]), on: snapshot)
    }
    let elsewhere = CommitProposal(.file("c", date: "2013-07-05"), reading: [["date": "2013-07-05"]])
    #expect(try fixture.table.commit(elsewhere, on: snapshot) == 2)
  }

  @Test("a file that a winner removed cannot be removed again")
  func doubleRemove() throws {
    let fixture = try TableFixture()
    _ = try fixture.table.commit(CommitProposal(.file("a")), on: fixture.create())
    let snapshot = try fixture.latest()
    let removal = CommitProposal(.remove(RemovedFile(snapshot.files[0], deletedAt: 1)))
    _ = try fixture.table.commit(removal, on: snapshot)
    #expect(throws: DeltaError.conflict(.fileRemoved(path: "a", version: 2))) {
      try fixture.table.commit(removal, on: snapshot)
    }
  }

  @Test("a commit whose answer was lost is recognised as one's own")
  func lostAnswer() throws {
    let fixture = try TableFixture()
    let snapshot = try fixture.create()
    let forgetful = fixture.table(over: ForgetfulStore(store: LocalLogStore(table: fixture.path), effect: true))
    #expect(try forgetful.commit(CommitProposal(.file("a")), on: snapshot) == 1)
    #expect(try fixture.latest().version == 1)
  }

  @Test("a create that failed without effect is tried again; one that takes effect late is recognised")
  func failedForAWhile() throws {
    for isLate in [false, true] {
      let fixture = try TableFixture()
      let snapshot = try fixture.create()
      let faltering = FalteringStore(store: LocalLogStore(table: fixture.path), failures: 2, isLate: isLate)
      #expect(try fixture.table(over: faltering).commit(CommitProposal(.file("a")), on: snapshot) == 1)
      #expect(try fixture.latest().version == 1 && fixture.latest().files.count == 1)
    }
  }

  @Test("a commit that fails without effect time and again is an error that may pass")
  func failedWithoutEffect() throws {
    let fixture = try TableFixture()
    let snapshot = try fixture.create()
    let forgetful = fixture.table(over: ForgetfulStore(store: LocalLogStore(table: fixture.path), effect: false))
    let error = try #require(throws: DeltaError.self) {
      try forgetful.commit(CommitProposal(.file("a")), on: snapshot)
    }
    #expect(error == .io(path: "00000000000000000001.json", reason: "no answer"))
    #expect(error.exitStatus == .transient)
  }

  @Test("eight writers at once: every commit gets in once, no version is overwritten, nothing is left over")
  func concurrentWriters() async throws {
    let fixture = try TableFixture()
    let snapshot = try fixture.create()
    let versions = try await withThrowingTaskGroup(of: [Int].self) { group in
      for writer in 0..<8 {
        group.addTask {
          try (0..<10).map { try fixture.table.commit(CommitProposal(.file("\(writer)-\($0)")), on: snapshot) }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(versions.sorted() == Array(1...80))
    #expect(Set(try fixture.latest().files.map(\.path)).count == 80)
    #expect(try fixture.logNames() == (0...80).map(LogListing.commitName))
  }

  @Test("eight writers of one transaction: exactly one commits it")
  func concurrentTransaction() async throws {
    let fixture = try TableFixture()
    let snapshot = try fixture.create()
    let winners = await withTaskGroup(of: Bool.self) { group in
      for writer in 0..<8 {
        group.addTask {
          let proposal = CommitProposal(.file("\(writer)"), .transaction("day", 1))
          return (try? fixture.table.commit(proposal, on: snapshot)) != nil
        }
      }
      return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(winners == 1)
    #expect(try fixture.latest().files.count == 1)
  }

  @Test("an existing version is left as it is")
  func neverOverwrites() throws {
    let fixture = try TableFixture()
    try fixture.create()
    let store = LocalLogStore(table: fixture.path)
    let before = try store.read(LogListing.commitName(0))
    #expect(try store.create(LogListing.commitName(0), Data("x".utf8)) == .taken)
    #expect(try store.read(LogListing.commitName(0)) == before)
  }

  @Test(
    "two actions about one thing are refused before anything is written",
    arguments: [
      [Action.file("a"), .file("a")],
      [.transaction("x", 1), .transaction("x", 2)],
      [.file("a%20b"), .file("a b")],
    ])
  func reconcilingActions(_ actions: [Action]) throws {
    let fixture = try TableFixture()
    let snapshot = try fixture.create()
    #expect(throws: DeltaError.self) {
      try fixture.table.commit(CommitProposal(operation: "WRITE", actions: actions), on: snapshot)
    }
    #expect(try fixture.latest().version == 0)
  }

  @Test("an append-only table keeps its files")
  func appendOnly() throws {
    let fixture = try TableFixture()
    _ = try fixture.table.commit(
      CommitProposal(.file("a")), on: fixture.create(configuration: ["delta.appendOnly": "true"]))
    let snapshot = try fixture.latest()
    let removal = CommitProposal(.remove(RemovedFile(snapshot.files[0], deletedAt: 1)))
    #expect(throws: DeltaError.unwritable("the table is append-only (delta.appendOnly), so a cannot be removed")) {
      try fixture.table.commit(removal, on: snapshot)
    }
  }

  @Test("a column with an invariant makes the table unwritable for us")
  func invariants() throws {
    let fixture = try TableFixture()
    var schema = TableSchema.scores
    schema.fields[1].metadata = ["delta.invariants": .string(#"{"expression":{"expression":"score > 0"}}"#)]
    let snapshot = try fixture.create(schema: schema)
    #expect(throws: DeltaError.self) { try fixture.table.commit(CommitProposal(.file("a")), on: snapshot) }
  }

  @Test("a file needs a value for every partition column, and for no other")
  func partitionValues() throws {
    let fixture = try TableFixture()
    let snapshot = try fixture.create()
    let file = AddedFile(path: "a", partitionValues: ["day": "1"], size: 1, modificationTime: 0)
    #expect(throws: DeltaError.self) { try fixture.table.commit(CommitProposal(.add(file)), on: snapshot) }
  }

  @Test("a table cannot begin without protocol and metadata")
  func firstCommit() throws {
    let fixture = try TableFixture()
    #expect(throws: DeltaError.unwritable("the first commit of a table needs `protocol` and `metaData`")) {
      try fixture.table.commit(CommitProposal(.file("a")), on: nil)
    }
  }
}

/// A store whose first creates fail; the last of them takes effect when the writer has looked already.
private final class FalteringStore: LogStore {
  private let store: LocalLogStore
  private let isLate: Bool
  private let failures: Mutex<Int>

  init(store: LocalLogStore, failures: Int, isLate: Bool) {
    self.store = store
    self.isLate = isLate
    self.failures = Mutex(failures)
  }

  func names() throws(DeltaError) -> [String] { try store.names() }

  func read(_ name: String) throws(DeltaError) -> Data? { try store.read(name) }

  func create(_ name: String, _ contents: Data) throws(DeltaError) -> CreateAnswer {
    let left = failures.withLock { left in
      left -= 1
      return left
    }
    guard left < 0 else { return .unknown(reason: "no answer") }
    // What an earlier request held arrives before this one.
    if isLate { _ = try store.create(name, contents) }
    return try store.create(name, contents)
  }

  func replace(_ name: String, _ contents: Data) throws(DeltaError) { try store.replace(name, contents) }
}

/// A store that keeps its answers to itself, after or instead of doing what it was asked.
private struct ForgetfulStore: LogStore {
  let store: LocalLogStore
  let effect: Bool

  func names() throws(DeltaError) -> [String] { try store.names() }

  func read(_ name: String) throws(DeltaError) -> Data? { try store.read(name) }

  func create(_ name: String, _ contents: Data) throws(DeltaError) -> CreateAnswer {
    if effect { _ = try store.create(name, contents) }
    return .unknown(reason: "no answer")
  }

  func replace(_ name: String, _ contents: Data) throws(DeltaError) { try store.replace(name, contents) }
}
