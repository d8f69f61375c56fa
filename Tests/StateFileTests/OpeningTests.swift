import Foundation
import GRDB
import Testing
import WorkflowCore

@testable import StateFile

/// Files that can be opened, and those that must not be.
struct OpeningTests {
  @Test("a file is made with its folder, and opened again with what it holds")
  func creation() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/deep/er/state.db"
    try StateFile(creatingIfMissing: path).insert(makeRun("run"))
    #expect(try StateFile(creatingIfMissing: path).runNames() == ["run"])
    #expect(try StateFile(existing: path).runNames() == ["run"])
  }

  @Test("a file that is not there is said to be missing, with what to do")
  func missing() throws {
    let error = #expect(throws: StateError.self) { try StateFile(existing: "/no/such/state.db") }
    #expect(
      error?.description == """
        there is no state file at /no/such/state.db: submit a workflow first, or name another with --state
        """)
  }

  @Test(
    "a file that is no state file is refused and left as it is",
    arguments: ["not a database, but long enough to look like one", "{}"])
  func notADatabase(text: String) throws {
    let fixture = try StateFixture()
    let content = String(repeating: text, count: 200)
    try content.write(toFile: fixture.path, atomically: false, encoding: .utf8)
    let error = #expect(throws: StateError.self) { try fixture.open() }
    #expect(error?.description == "the state file \(fixture.path) cannot be read: file is not a database")
    #expect(try String(contentsOfFile: fixture.path, encoding: .utf8) == content)
  }

  @Test("a file from a newer program is refused and left as it is")
  func newer() throws {
    let fixture = try StateFixture()
    _ = try fixture.open()
    try fixture.tamper("INSERT INTO grdb_migrations VALUES ('99: from the future')")
    let error = #expect(throws: StateError.self) { try fixture.open() }
    #expect(
      error?.description == """
        the state file \(fixture.path) cannot be read: it was written by a newer version of orchestrate
        """)
  }

  @Test("a folder that cannot be made is named")
  func badFolder() throws {
    let directory = try TemporaryDirectory()
    try "".write(toFile: directory.path + "/file", atomically: false, encoding: .utf8)
    let error = #expect(throws: StateError.self) { try StateFile(creatingIfMissing: directory.path + "/file/state.db") }
    #expect(error?.description.contains("cannot make the folder \(directory.path)/file") == true)
  }

  @Test("many that open a new file at once all succeed, and see one another's runs", arguments: 0..<5)
  func openedAtOnce(round: Int) async throws {
    let fixture = try StateFixture()
    let path = fixture.path
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<8 {
        group.addTask { try StateFile(creatingIfMissing: path).insert(makeRun("run-\(number)")) }
      }
      try await group.waitForAll()
    }
    #expect(try fixture.open().runNames().count == 8)
  }
}

/// Rows that this program did not write.
struct DamageTests {
  private func fixture() throws -> StateFixture {
    let fixture = try StateFixture()
    let state = try fixture.open()
    try state.insert(makeRun("run"))
    let epoch = try state.claim(at: start)
    var random = RandomRows(seed: 1)
    let nodes = random.nodes(4)
    try state.commit(epoch) { $0.nodes = nodes.map { ("run", $0) } }
    return fixture
  }

  @Test(
    "an unknown word, a value of the wrong kind or a hole is an error that names the column, never a trap",
    arguments: [
      ("UPDATE runs SET phase = 'Dancing'", "column 'phase' holds 'Dancing', no RunPhase"),
      ("UPDATE runs SET shutdown = 'Nuke'", "column 'shutdown' holds 'Nuke', no ShutdownStrategy"),
      ("UPDATE runs SET manifest = '{'", "column 'manifest' holds no JSON"),
      ("UPDATE runs SET parameters = '{}'", "column 'parameters' holds no list of names and values"),
      ("UPDATE runs SET parameters = '[{\"name\":1}]'", "column 'parameters' holds no list of names and values"),
      ("UPDATE runs SET created_at = 'yesterday'", "column 'created_at' holds no Int64"),
      ("UPDATE nodes SET phase = 'Dancing' WHERE number = 1", "column 'phase' holds 'Dancing', no NodePhase"),
      ("UPDATE nodes SET type = '' WHERE number = 1", "column 'type' holds '', no NodeType"),
      ("UPDATE nodes SET attempt = 'x' WHERE number = 1", "column 'attempt' holds 'x', no AttemptState"),
      ("UPDATE nodes SET item = 'nope' WHERE number = 1", "column 'item' holds no JSON"),
      ("UPDATE nodes SET member = x'FF00' WHERE number = 1", "column 'member' holds no Int"),
      (
        "UPDATE nodes SET exit_code = 1 << 40, output_parameters = '[]' WHERE number = 1",
        "column 'exit_code' holds no Optional<Int32>"
      ),
      ("UPDATE nodes SET started_at = 'x' WHERE number = 1", "column 'started_at' holds no Int64"),
      ("DELETE FROM nodes WHERE number = 1", "node 1 of run run is missing"),
      ("UPDATE nodes SET owner = 3 WHERE number = 2", "node 2 of run run appeared before its owner"),
      ("UPDATE nodes SET boundary = 2 WHERE number = 2", "node 2 of run run appeared before its owner"),
      ("UPDATE nodes SET owner = -1 WHERE number = 2", "node 2 of run run appeared before its owner"),
    ])
  func damage(sql: String, reason: String) throws {
    let fixture = try fixture()
    try fixture.tamper(sql)
    let state = try fixture.open()
    let error = #expect(throws: StateError.self) { try state.run(uid: "run") }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("the state file \(fixture.path): \(reason)"), "\(text)")
    #expect(text.hasSuffix("it is damaged, or was written by a newer version of orchestrate"))
    // Who asks for all runs still learns that there is one.
    #expect(try state.unfinishedRuns() == ["run"])
  }

  @Test("an error does not show what was to be written")
  func secrets() throws {
    let fixture = try fixture()
    let state = try fixture.open()
    try fixture.tamper("DROP TABLE journal")
    let epoch = try state.claim(at: start)
    let error = #expect(throws: StateError.self) {
      try state.commit(epoch) { $0.journal = [JournalEntry(run: "run", event: .string("canary"), note: "canary")] }
    }
    #expect(error?.description.contains("canary") == false)
  }
}
