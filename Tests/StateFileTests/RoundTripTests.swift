import GRDB
import Testing
import WorkflowCore

@testable import StateFile

/// What is written comes back as it was.
struct RoundTripTests {
  @Test("every field of every node and of the run comes back, first as written and then as changed", arguments: 0..<40)
  func nodes(seed: UInt64) throws {
    let state = try StateFixture().open()
    try state.insert(makeRun("run"))
    let epoch = try state.claim(at: start)
    var random = RandomRows(seed: seed)
    let first = random.nodes(12)
    try state.commit(epoch) { $0.nodes = first.map { ("run", $0) } }
    #expect(try state.run(uid: "run")?.nodes == first)

    let (changed, record) = (first.map { random.changed($0) }, random.record())
    try state.commit(epoch) { batch in
      batch.nodes = changed.map { ("run", $0) }
      batch.runs = [("run", record)]
    }
    let stored = try #require(try state.run(uid: "run"))
    #expect(stored.nodes == changed)
    #expect(stored.record == record)
  }

  @Test("a run comes back by its name, its UID and as the latest, with its manifest and parameters")
  func run() throws {
    let state = try StateFixture().open()
    let older = makeRun("uid-1", name: "older")
    let newer = makeRun("uid-2", name: "newer", createdAt: start.advanced(byMilliseconds: 1))
    try state.insert(newer)
    try state.insert(older)
    #expect(try state.run(named: "older")?.uid == "uid-1")
    #expect(try state.run(named: "uid-2")?.name == "newer")
    #expect(try state.run(named: "@latest")?.name == "newer")
    #expect(try state.run(named: "nobody") == nil)
    let stored = try #require(try state.run(uid: "uid-1"))
    #expect(stored.manifest == older.workflow.manifest)
    #expect(stored.parameters == older.parameters)
    #expect(stored.createdAt == start)
    #expect(stored.directory == "/home/user")
    #expect(stored.record == older.record)
    #expect(stored.nodes.isEmpty)
  }

  @Test("a name can be given once in a namespace")
  func nameTaken() throws {
    let state = try StateFixture().open()
    try state.insert(makeRun("uid-1", name: "daily"))
    #expect(throws: StateError.nameTaken("daily")) { try state.insert(makeRun("uid-2", name: "daily")) }
    try state.insert(makeRun("uid-3", name: "daily", namespace: "other"))
    #expect(try state.count("SELECT count(*) FROM runs") == 2)
  }

  @Test("a run is unfinished until its phase is final and none of its attempts is owed anything")
  func unfinished() throws {
    let state = try StateFixture().open()
    let epoch = try state.claim(at: start)
    for uid in ["new", "ended", "ending"] { try state.insert(makeRun(uid)) }
    #expect(try state.unfinishedRuns() == ["ended", "ending", "new"])
    var node = Node(
      index: NodeIndex(0), id: "n", name: "n", displayName: "n", type: .pod, templateName: nil, owner: nil,
      boundary: nil, member: 0, item: nil, isHook: false, phase: .failed, startedAt: start)
    node.attempt = .ending
    try state.commit(epoch) { batch in
      batch.runs = [("ended", .phase(.succeeded)), ("ending", .phase(.failed))]
      batch.nodes = [("ending", node)]
    }
    #expect(try state.unfinishedRuns() == ["ending", "new"])
    node.attempt = .ended
    try state.commit(epoch) { $0.nodes = [("ending", node)] }
    #expect(try state.unfinishedRuns() == ["new"])
  }

  @Test("summaries are newest first and count the leaves that have ended")
  func summaries() throws {
    let state = try StateFixture().open()
    let epoch = try state.claim(at: start)
    try state.insert(makeRun("one"))
    try state.insert(makeRun("two", createdAt: start.advanced(byMilliseconds: 5)))
    var nodes = (0..<3).map { number in
      Node(
        index: NodeIndex(number), id: "\(number)", name: "\(number)", displayName: "",
        type: number == 0 ? .steps : .pod,
        templateName: nil, owner: nil, boundary: nil, member: 0, item: nil, isHook: false, phase: .running,
        startedAt: start)
    }
    nodes[1].finishedAt = start
    try state.commit(epoch) { $0.nodes = nodes.map { ("one", $0) } }
    let summaries = try state.summaries()
    #expect(summaries.map(\.name) == ["two", "one"])
    #expect(summaries.map(\.progress) == [Progress(done: 0, total: 0), Progress(done: 1, total: 2)])
    #expect(try state.runNames() == ["two", "one"])
  }

  @Test("the journal keeps events in their order")
  func journal() throws {
    let state = try StateFixture().open()
    let epoch = try state.claim(at: start)
    try state.insert(makeRun("run"))
    for number in 0..<3 {
      try state.commit(epoch) {
        $0.journal = [JournalEntry(run: "run", event: .int(Int64(number)), note: number == 1 ? "late" : nil)]
      }
    }
    let rows = try state.read { database in
      try Row.fetchAll(database, sql: "SELECT event, note, at FROM journal ORDER BY sequence").map { row in
        "\(row["event"] as String) \(row["note"] as String? ?? "-") \(row["at"] as Int64)"
      }
    }
    #expect(rows == ["0 - 1372914000000", "1 late 1372914000000", "2 - 1372914000000"])
  }
}

/// The file as an interface for people and their tools.
struct ViewTests {
  @Test("views show runs and nodes with readable times and durations")
  func views() throws {
    let state = try StateFixture().open()
    let epoch = try state.claim(at: start)
    try state.insert(makeRun("uid", name: "daily"))
    var node = Node(
      index: NodeIndex(0), id: "daily", name: "daily", displayName: "daily", type: .pod, templateName: "main",
      owner: nil,
      boundary: nil, member: 0, item: nil, isHook: false, phase: .succeeded, startedAt: start)
    node.finishedAt = start.advanced(byMilliseconds: 1250)
    node.outputs = NodeOutputs(result: "42", exitCode: 0)
    var record = RunRecord.phase(.succeeded)
    (record.startedAt, record.finishedAt) = (start, start.advanced(byMilliseconds: 2500))
    try state.commit(epoch) { batch in
      batch.runs = [("uid", record)]
      batch.nodes = [("uid", node)]
    }
    #expect(
      try line(state, "SELECT name, phase, created, started, finished, seconds FROM workflows")
        == "daily|Succeeded|2013-07-04 05:00:00|2013-07-04 05:00:00|2013-07-04 05:00:02|2.5")
    #expect(
      try line(state, "SELECT workflow, node, type, template, phase, seconds, exit_code, result FROM workflow_nodes")
        == "daily|daily|Pod|main|Succeeded|1.25|0|42")
  }

  private func line(_ state: StateFile, _ sql: String) throws -> String? {
    try state.read { database in
      try Row.fetchOne(database, sql: sql).map { row in row.databaseValues.map(\.description).joined(separator: "|") }
    }?.replacing("\"", with: "")
  }
}
