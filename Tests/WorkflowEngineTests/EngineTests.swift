import Execution
import StateFile
import Testing
import WorkflowCore
import WorkflowEngine

/// Turns: gather, decide, commit, act.
@Suite(.timeLimit(.minutes(1)))
struct EngineTests {
  @Test("a run is driven to its end, and every launch was on disk before it was asked for")
  func success() async throws {
    let fixture = try EngineFixture()
    try fixture.submit(workflow("a", "b", "c"))
    let watcher = Watcher()
    #expect(try await fixture.engine(observer: watcher).run())
    #expect(try fixture.run().phase == .succeeded)
    #expect(fixture.world.starts == ["wf[0].a", "wf[0].b", "wf[0].c"])
    #expect(fixture.world.problems.isEmpty)
    #expect(watcher.violations.isEmpty)
  }

  @Test("an engine with nothing to do ends at once")
  func nothing() async throws {
    let fixture = try EngineFixture()
    #expect(try await fixture.engine().run())
  }

  @Test("when a commit fails nothing is launched, and the engine says why and leaves")
  func failedCommit() async throws {
    let fixture = try EngineFixture()
    try fixture.submit(workflow("a"))
    try fixture.setDiskFull(true)
    let expected = StateError.failed(path: fixture.state.path, reason: "database or disk is full")
    await #expect(throws: expected) { try await fixture.engine().run() }
    #expect(fixture.world.starts.isEmpty)
    #expect(try fixture.run().phase == .pending)

    try fixture.setDiskFull(false)
    try await fixture.engine().run()
    #expect(try fixture.run().phase == .succeeded)
    #expect(fixture.world.starts == ["wf[0].a"])
  }

  @Test("an engine whose file was taken over launches nothing more")
  func superseded() async throws {
    let fixture = try EngineFixture()
    try fixture.submit(workflow("a"))
    let old = try fixture.engine()
    let new = try fixture.engine()
    await #expect(throws: StateError.superseded) { try await old.run() }
    #expect(fixture.world.starts.isEmpty)
    #expect(try await new.run())
    #expect(fixture.world.starts == ["wf[0].a"])
  }

  @Test("an engine that drives one run leaves when that one is settled, whatever the others do")
  func untilOneRun() async throws {
    let fixture = try EngineFixture { $0.workflowName == "slow" ? nil : Outcome(.exited(code: 0)) }
    try fixture.submit(workflow("a"), uid: "uid-slow", name: "slow")
    try fixture.submit(workflow("a"), uid: "uid-quick", name: "quick")
    #expect(try await fixture.engine().run(until: .settled(uid: "uid-quick")))
    #expect(try fixture.run("uid-quick").phase == .succeeded)
    #expect(try fixture.run("uid-slow").phase == .running)
    #expect(fixture.world.running.map(\.run) == ["uid-slow"])
  }

  @Test("an engine that runs until it is idle carries every run to its end")
  func untilIdle() async throws {
    let fixture = try EngineFixture()
    for number in 0..<5 { try fixture.submit(workflow("a", "b"), uid: "uid-\(number)", name: "wf-\(number)") }
    #expect(try await fixture.engine().run())
    #expect(try fixture.state.summaries().allSatisfy { $0.phase == .succeeded })
    #expect(fixture.world.starts.count == 10)
  }

  @Test("an engine that is told to leave does; what it started goes on, and the next engine adopts it")
  func leave() async throws {
    let fixture = try EngineFixture { _ in nil }
    try fixture.submit(workflow("a", "b"))
    let started = Signal()
    let executor = WorldExecutor(fixture.world) { if $0 == 2 { started.fire() } }
    let engine = try fixture.engine(executor)
    async let isDone = engine.run()
    await started.fired()
    engine.leave()
    #expect(try await !isDone)
    #expect(fixture.world.running.count == 2)

    let next = WorldExecutor(fixture.world)
    let again = try fixture.engine(next)
    async let isDoneNow = again.run()
    for attempt in fixture.world.running { next.report(.ended(attempt, Outcome(.exited(code: 0)))) }
    #expect(try await isDoneNow)
    #expect(fixture.world.starts == ["wf[0].a", "wf[0].b"])
    #expect(try fixture.run().phase == .succeeded)
  }

  @Test("a run that cannot be read is named and left as it is; the others go on")
  func unreadableRun() async throws {
    let fixture = try EngineFixture()
    for uid in ["good", "bad-manifest", "bad-row"] { try fixture.submit(workflow("a"), uid: uid, name: uid) }
    try fixture.tamper("UPDATE runs SET manifest = '{\"kind\":\"Workflow\"}' WHERE uid = 'bad-manifest'")
    try fixture.tamper("UPDATE runs SET phase = 'Dancing' WHERE uid = 'bad-row'")
    let watcher = Watcher()
    #expect(try await fixture.engine(observer: watcher).run())
    #expect(try fixture.run("good").phase == .succeeded)
    #expect(watcher.leftOut.map(\.uid).sorted() == ["bad-manifest", "bad-row"])
    #expect(watcher.leftOut.allSatisfy { $0.reason.contains("bad-manifest") || $0.reason.contains("Dancing") })
    #expect(try fixture.state.unfinishedRuns().sorted() == ["bad-manifest", "bad-row"])
  }

  @Test("news of attempts and runs that nobody knows changes nothing")
  func strangeNews() async throws {
    let fixture = try EngineFixture()
    try fixture.submit(workflow("a"))
    let executor = WorldExecutor(fixture.world)
    for run in ["uid-1", "nobody"] {
      for node in [0, 1, 2, 99] {
        let attempt = AttemptID(run: run, node: NodeIndex(node), nodeID: "stranger")
        executor.report(.started(attempt))
        executor.report(.progressed(attempt, Progress(done: 1, total: 2)))
        executor.report(.ended(attempt, Outcome(.exited(code: 1))))
      }
    }
    #expect(try await fixture.engine(executor).run())
    #expect(try fixture.run().phase == .succeeded)
  }

  @Test("a run that is asked to end has its attempts ended, and ends as failed")
  func shutdown() async throws {
    let fixture = try EngineFixture { _ in nil }
    try fixture.submit(workflow("a", "b"))
    let started = Signal()
    let engine = try fixture.engine(WorldExecutor(fixture.world) { if $0 == 2 { started.fire() } })
    async let isDone = engine.run()
    await started.fired()
    engine.requestShutdown(.terminate, of: "uid-1")
    #expect(try await isDone)
    #expect(try fixture.run().phase == .failed)
    #expect(try fixture.run().message == "Stopped with strategy 'Terminate'")
    #expect(fixture.world.running.isEmpty)
    #expect(fixture.world.problems.isEmpty)
  }
}

/// Waiting, and asking again.
@Suite(.timeLimit(.minutes(1)))
struct EngineTimeTests {
  private static let backoff = #"retryStrategy: {limit: "2", backoff: {duration: "10s", factor: "3"}}"#

  private func failingTwice() throws -> EngineFixture {
    try EngineFixture(time: VirtualTime(jumps: false)) { launch in
      Outcome(.exited(code: launch.nodeName.hasSuffix("(2)") ? 0 : 1))
    }
  }

  @Test("the next attempt of a step is started when its time has come, not before")
  func retries() async throws {
    let fixture = try failingTwice()
    try fixture.submit(workflow("a", retry: Self.backoff))
    let engine = try fixture.engine()
    async let isDone = engine.run()
    let start = VirtualTime.start
    for (count, seconds) in [(1, Int64(10)), (2, 40)] {
      let due = await fixture.time.nextWake()
      #expect(due.milliseconds(since: start) == seconds * 1000)
      #expect(fixture.world.starts.count == count)
      fixture.time.advance(to: due)
    }
    #expect(try await isDone)
    #expect(fixture.world.startTimes.map { $0.milliseconds(since: start) } == [0, 10_000, 40_000])
    #expect(try fixture.run().phase == .succeeded)
  }

  @Test("an engine that is started while a step waits keeps the time that was set")
  func retriesAfterRestart() async throws {
    let fixture = try failingTwice()
    try fixture.submit(workflow("a", retry: Self.backoff))
    let first = try fixture.engine()
    async let isDone = first.run()
    let due = await fixture.time.nextWake()
    first.leave()
    #expect(try await !isDone)

    let second = try fixture.engine()
    async let isDoneNow = second.run()
    fixture.time.advance(to: due)
    let next = await fixture.time.nextWake()
    #expect(next.milliseconds(since: VirtualTime.start) == 40_000)
    fixture.time.advance(to: next)
    #expect(try await isDoneNow)
    #expect(fixture.world.starts == ["wf[0].a(0)", "wf[0].a(1)", "wf[0].a(2)"])
  }

  @Test("what the executor cannot do now is asked for again a second later, and the node says what it waits for")
  func unavailable() async throws {
    let fixture = try EngineFixture(time: VirtualTime(jumps: false))
    try fixture.submit(workflow("a"))
    fixture.world.refuse("wf[0].a", .unavailable("no room"), .unavailable("still no room"))
    let engine = try fixture.engine()
    async let isDone = engine.run()
    for seconds in [Int64(1), 2] {
      let due = await fixture.time.nextWake()
      #expect(due.milliseconds(since: VirtualTime.start) == seconds * 1000)
      #expect(fixture.world.starts.isEmpty)
      fixture.time.advance(to: due)
    }
    #expect(try await isDone)
    #expect(fixture.world.starts == ["wf[0].a"])
    #expect(try fixture.run().phase == .succeeded)
  }

  @Test("what the executor will never do is the step's error")
  func refused() async throws {
    let fixture = try EngineFixture()
    try fixture.submit(workflow("a"))
    fixture.world.refuse("wf[0].a", .refused("the image is not known here"))
    #expect(try await fixture.engine().run())
    let node = try #require(try fixture.run().nodes.last)
    #expect(node.phase == .error)
    #expect(node.message == "the image is not known here")
    #expect(try fixture.run().phase != .succeeded)
  }
}
