import Foundation
import GRDB
import Testing
import WorkflowCore

@testable import StateFile

/// A commit that has returned is there, whatever happens next.
struct DurabilityTests {
  @Test("the writer waits for the disk at every commit")
  func synchronous() throws {
    let state = try StateFixture().open()
    #expect(try state.write { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == 2)
    #expect(try state.write { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
  }

  @Test("a log that a power cut shortened by any number of bytes holds a prefix of the commits")
  func truncatedLog() throws {
    let fixture = try StateFixture()
    let state = try fixture.open()
    try state.insert(makeRun("run"))
    let epoch = try state.claim(at: start)
    let commits = 6
    for number in 1...commits {
      try state.commit(epoch) { $0.runs = [("run", .phase(.running, message: "\(number)"))] }
    }
    let file = try Data(contentsOf: URL(fileURLWithPath: fixture.path))
    let log = try Data(contentsOf: URL(fileURLWithPath: fixture.path + "-wal"))
    // Every byte of the last 4 KiB, and of the 9 KiB before it every 97th.
    let lengths =
      Array(log.count - 4096...log.count) + Array(stride(from: log.count - 13_000, to: log.count - 4096, by: 97))
    var seen: [(length: Int, commit: Int)] = []
    for length in lengths.sorted() {
      seen.append((length, try commitHeld(by: file, log.prefix(length))))
    }
    #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.commit <= $1.commit }, "a longer log holds no less")
    #expect(seen.last?.commit == commits)
    #expect(Set(seen.map(\.commit)).count > 2, "the cuts fall between commits")
    withExtendedLifetime(state) {}
  }

  private func commitHeld(by file: Data, _ log: Data) throws -> Int {
    let fixture = try StateFixture()
    try file.write(to: URL(fileURLWithPath: fixture.path))
    try log.write(to: URL(fileURLWithPath: fixture.path + "-wal"))
    let message = try StateFile(existing: fixture.path).run(uid: "run")?.record.message
    return message.flatMap(Int.init) ?? 0
  }

  @Test("a commit that fails leaves nothing of itself")
  func atomic() throws {
    let fixture = try StateFixture()
    let state = try fixture.open()
    try state.insert(makeRun("run"))
    let epoch = try state.claim(at: start)
    try fixture.tamper(
      "CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END")
    #expect(throws: StateError.failed(path: fixture.path, reason: "database or disk is full")) {
      try state.commit(epoch) { batch in
        batch.runs = [("run", .phase(.failed))]
        batch.journal = [JournalEntry(run: "run", event: .null, note: nil)]
      }
    }
    #expect(try state.run(uid: "run")?.record.phase == .pending)
    try fixture.tamper("DROP TRIGGER full")
    try state.commit(epoch) { $0.runs = [("run", .phase(.failed))] }
    #expect(try state.run(uid: "run")?.record.phase == .failed)
  }

  @Test("a reader sees whole commits while a writer writes")
  func snapshot() throws {
    let fixture = try StateFixture()
    let (writer, reader) = (try fixture.open(), try fixture.open())
    try writer.insert(makeRun("run"))
    let epoch = try writer.claim(at: start)
    try writer.commit(epoch) { $0.runs = [("run", .phase(.running))] }
    #expect(try reader.run(uid: "run")?.record.phase == .running)
  }
}

/// One engine at a time.
struct EpochTests {
  @Test("an engine that was superseded writes nothing more")
  func superseded() throws {
    let fixture = try StateFixture()
    let (first, second) = (try fixture.open(), try fixture.open())
    try first.insert(makeRun("run"))
    let (old, new) = (try first.claim(at: start), try second.claim(at: start))
    #expect(throws: StateError.superseded) {
      try first.commit(old) { batch in
        batch.runs = [("run", .phase(.failed))]
        batch.journal = [JournalEntry(run: "run", event: .null, note: nil)]
      }
    }
    #expect(try first.run(uid: "run")?.record.phase == .pending)
    #expect(try first.count("SELECT count(*) FROM journal") == 0)
    try second.commit(new) { $0.runs = [("run", .phase(.succeeded))] }
    #expect(try first.run(uid: "run")?.record.phase == .succeeded)
  }

  @Test("each claim has a number of its own")
  func claims() throws {
    let fixture = try StateFixture()
    let states = try (0..<4).map { _ in try fixture.open() }
    let epochs = try states.map { try $0.claim(at: start).number }
    #expect(epochs == [1, 2, 3, 4])
  }
}
