import Execution
import StateFile
import Synchronization
import Testing
import WorkflowCore
import WorkflowEngine

/// What operators ask for while an engine runs, and while none does.
@Suite(.timeLimit(.minutes(1)))
struct RequestTests {
  @Test("a run submitted while an engine runs is begun by that engine")
  func submittedLater() async throws {
    let fixture = try EngineFixture { $0.workflowName == "slow" ? nil : Outcome(.exited(code: 0)) }
    try fixture.submit(workflow("a"), uid: "uid-slow", name: "slow")
    let observer = Watcher(onCommit: Once { _ = try? fixture.submit(workflow("a"), uid: "uid-2", name: "quick") }.call)
    let engine = try fixture.engine(observer: observer)
    async let isReached = engine.run(until: .settled(uid: "uid-slow"))
    try await fixture.settled("uid-2")
    _ = try fixture.state.add(.shutDown(.terminate), to: "uid-slow", at: fixture.time.now)
    #expect(try await isReached)
    #expect(try fixture.run("uid-2").phase == .succeeded)
  }

  @Test("a running engine ends a run that another process asks it to end, and answers")
  func stop() async throws {
    let fixture = try EngineFixture { _ in nil }
    try fixture.submit(workflow("a"))
    let asked = Mutex<Int64?>(nil)
    let engine = try fixture.engine(
      observer: Watcher(
        onCommit: Once {
          let sequence = try? fixture.state.add(.shutDown(.stop), to: "uid-1", at: fixture.time.now)
          asked.withLock { $0 = sequence }
        }.call))
    #expect(try await engine.run())
    #expect(try fixture.run().phase == .failed)
    #expect(try fixture.run().message == "Stopped with strategy 'Stop'")
    #expect(try fixture.state.answer(to: #require(asked.withLock { $0 })) == .done)
  }

  @Test("a request made while no engine runs is carried out by the next, before anything is started")
  func recorded() async throws {
    let fixture = try EngineFixture()
    try fixture.submit(workflow("a"))
    _ = try fixture.state.add(.shutDown(.terminate), to: "uid-1", at: fixture.time.now)
    try await fixture.engine().run()
    #expect(fixture.world.starts.isEmpty)
    #expect(try fixture.run().phase == .failed)
    #expect(try fixture.state.openRequests().isEmpty)
  }

  @Test("an engine that only answers starts nothing; the next one does what is owed")
  func answersOnly() async throws {
    let outcomes = Outcomes([.exited(code: 1), .exited(code: 0)])
    let fixture = try EngineFixture { _ in outcomes.next() }
    try fixture.submit(workflow("a"))
    try await fixture.engine().run()
    let sequence = try fixture.state.add(.retry(ManualRetry()), to: "uid-1", at: fixture.time.now)
    try await fixture.engine().answerRequests()
    #expect(try fixture.state.answer(to: sequence) == .done)
    #expect(fixture.world.starts.count == 1)
    #expect(try fixture.run().phase == .running)
    try await fixture.engine().run()
    #expect(fixture.world.starts.count == 2)
    #expect(fixture.world.problems.isEmpty)
    #expect(try fixture.run().phase == .succeeded)
  }

  @Test("a run is deleted once it has ended, and not before")
  func delete() async throws {
    let fixture = try EngineFixture()
    try fixture.submit(workflow("a"))
    let early = try fixture.state.add(.delete, to: "uid-1", at: fixture.time.now)
    try await fixture.engine().run()
    #expect(try fixture.state.answer(to: early) == .refused("the run has not ended: terminate it first"))
    let late = try fixture.state.add(.delete, to: "uid-1", at: fixture.time.now)
    try await fixture.engine().answerRequests()
    #expect(try fixture.state.answer(to: late) == .done)
    #expect(try fixture.state.run(uid: "uid-1") == nil)
  }

  @Test("an engine for one run leaves every other as it is")
  func alone() async throws {
    let fixture = try EngineFixture()
    try fixture.submit(workflow("a"), uid: "uid-1", name: "one")
    try fixture.submit(workflow("a"), uid: "uid-2", name: "two")
    #expect(try await fixture.engine().run(until: .settledAlone(uid: "uid-2")))
    #expect(try fixture.run("uid-1").phase == .pending)
    #expect(try fixture.run("uid-2").phase == .succeeded)
  }

  @Test("asking again for what is still open adds nothing")
  func twice() throws {
    let fixture = try EngineFixture()
    try fixture.submit(workflow("a"))
    let first = try fixture.state.add(.shutDown(.stop), to: "uid-1", at: fixture.time.now)
    #expect(try fixture.state.add(.shutDown(.stop), to: "uid-1", at: fixture.time.now) == first)
    #expect(try fixture.state.openRequests().map(\.request) == [.shutDown(.stop)])
    #expect(try fixture.state.answer(to: first) == .open)
  }
}

/// Does something the first time it is called.
private final class Once: Sendable {
  private let action: Mutex<(@Sendable () -> Void)?>
  init(_ action: @escaping @Sendable () -> Void) { self.action = Mutex(action) }

  @Sendable func call(_: Int) {
    let action = action.withLock { action in
      defer { action = nil }
      return action
    }
    action?()
  }
}

/// Endings, one after the other.
private final class Outcomes: Sendable {
  private let endings: Mutex<[Outcome.Ending]>
  init(_ endings: [Outcome.Ending]) { self.endings = Mutex(endings) }

  func next() -> Outcome? { endings.withLock { $0.isEmpty ? nil : Outcome($0.removeFirst()) } }
}

extension EngineFixture {
  /// Returns once the run is settled, whoever drives it.
  fileprivate func settled(_ uid: String) async throws {
    let commits = try state.commits()
    if try state.run(uid: uid).map(revive)?.isSettled ?? false { return }
    for await _ in commits.news where try state.run(uid: uid).map(revive)?.isSettled ?? false { return }
  }
}
