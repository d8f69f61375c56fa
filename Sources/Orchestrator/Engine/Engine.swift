import Execution
import StateFile
import WorkflowCore

/// Sees each turn after it is committed: the live display, metrics. It must not keep the run.
public protocol TurnObserver: Sendable {
  func turnCommitted(_ run: borrowing RunState, changed: [NodeIndex])
  /// A stored run could not be brought back. It stays as it is; the others go on.
  func runLeftOut(_ uid: String, reason: String)
}

/// How long an engine stays.
public enum EngineGoal: Hashable, Sendable {
  /// Until this run is settled.
  case settled(uid: String)
  /// The same, but leaving every other run alone.
  case settledAlone(uid: String)
  /// Until no run has anything left to do.
  case idle
  /// Until it is told to leave.
  case never

  /// The only run that the engine takes over; nil is every one.
  var only: String? {
    if case .settledAlone(let uid) = self { uid } else { nil }
  }
}

/// Drives every unfinished run of a state file. A turn is: gather events, decide, commit, act.
///
/// Nothing here knows what a workflow means; that is `RunState.apply`. Nothing here touches a process or a pod; that is
/// `AttemptExecutor`.
public struct Engine: Sendable {
  private static let eventsPerTurn = 256

  let state: StateFile
  private let epoch: Epoch
  private let time: any TimeSource
  let inbox = Inbox()
  let dispatcher: Dispatcher
  let executor: any AttemptExecutor
  private let observer: any TurnObserver
  private let revive: @Sendable (StoredRun) throws -> RunState

  /// - Parameter revive: reads a stored run's manifest again and restores its state.
  public init(
    state: StateFile, executor: any AttemptExecutor, time: any TimeSource, observer: any TurnObserver,
    revive: @escaping @Sendable (StoredRun) throws -> RunState
  ) throws(StateError) {
    self.state = state
    self.time = time
    self.observer = observer
    self.revive = revive
    epoch = try state.claim(at: time.now)
    self.executor = executor
    dispatcher = Dispatcher(executor, inbox, time)
  }

  /// Drives until the goal is reached. Returns whether it was, or `leave` came first.
  ///
  /// - Throws: `StateError` when a commit fails. Memory is ahead of the disk then, so the engine leaves; the steps go on
  ///   under their supervisors, and the next engine recovers.
  @discardableResult
  public func run(until goal: EngineGoal = .idle) async throws -> Bool {
    // Heard of from here on, so that nothing falls between looking and listening.
    let calls = try state.calls()
    let listening = Task { await dispatcher.listen() }
    let answering = Task { for await _ in calls.news { inbox.call() } }
    defer {
      listening.cancel()
      answering.cancel()
    }
    var runs = try await recover(only: goal.only)
    try await answerCalls(&runs, only: goal.only)
    while !runs.isDone(goal), let turn = await inbox.nextTurn(limit: Self.eventsPerTurn) {
      if turn.isCalled { try await answerCalls(&runs, only: goal.only) }
      if !turn.events.isEmpty { try await takeTurn(turn.events, &runs) }
    }
    await dispatcher.stop()
    await executor.settle()
    return runs.isDone(goal)
  }

  /// Answers what is asked of runs, and starts and ends nothing: that is left to the next engine.
  public func answerRequests() async throws {
    let requests = try state.openRequests()
    let unfinished = try Set(state.unfinishedRuns())
    var runs = ActiveRuns()
    for uid in Set(requests.map(\.run)).intersection(unfinished).sorted() {
      if let stored = try state.run(uid: uid) { runs.add(try revived(stored)) }
    }
    if !requests.isEmpty { try await takeTurn([], &runs, answering: requests, acts: false) }
  }

  /// Asks a run to end; it is carried out in the engine's next turn.
  public func requestShutdown(_ strategy: ShutdownStrategy, of uid: String) {
    inbox.post(uid, .shutdownRequested(strategy))
  }

  /// Makes `run` return after the turn at hand. Steps go on under their supervisors.
  public func leave() { inbox.close() }

  /// - Parameter acts: whether commands are performed; if not they stay owed, for the next engine.
  func takeTurn(
    _ events: [Inbound], _ runs: inout ActiveRuns, answering requests: [StoredRequest] = [], acts: Bool = true
  ) async throws {
    let now = time.now
    var batch = Batch(epoch: epoch, at: now)
    var turn = TurnChanges()
    for inbound in events {
      guard let transition = runs.apply(inbound, at: now) else { continue }  // late news of a run that is settled
      turn.add(transition, of: inbound.run)
      if let value = inbound.event.journalValue {
        batch.journal.append(JournalEntry(run: inbound.run, event: value, note: transition.note))
      }
    }
    let answers = try await answer(requests, &runs, &turn, at: now)
    batch.answers = answers.records
    batch.replaced = answers.replaced
    batch.deleted = answers.deleted
    runs.record(turn, in: &batch)
    // Nothing happens in the world before it is on disk. A crash above this line forgets the turn; a crash below it
    // repeats commands, and every command is idempotent by attempt.
    if !batch.isEmpty { try state.commit(batch) }
    for (run, changed) in turn.changed { runs.with(run) { observer.turnCommitted($0, changed: changed) } }
    runs.removeSettled(turn.changed.map(\.run))
    guard acts else { return }
    for (run, command) in turn.commands { await dispatcher.perform(command, of: run) }
  }

  /// Repeats what is owed. Executors answer for what has happened meanwhile.
  private func recover(only: String?) async throws -> ActiveRuns {
    var runs = ActiveRuns()
    for uid in try state.unfinishedRuns() where only == nil || uid == only { await take(uid, into: &runs) }
    return runs
  }

  /// Takes a run of the file over. One that cannot be brought back must not hold up the others.
  func take(_ uid: String, into runs: inout ActiveRuns) async {
    let run: RunState
    do {
      guard let stored = try state.run(uid: uid) else { return }
      run = try revived(stored)
    } catch {
      observer.runLeftOut(uid, reason: "\(error)")
      return runs.leaveOut(uid)
    }
    observer.turnCommitted(run, changed: run.nodes.map(\.index))
    runs.add(run)
    if run.phase == .pending { inbox.post(run.uid, .begun) }
    // An engine that died between a commit and what came of it may not have let go of these.
    for node in run.nodes where node.attempt == .ended {
      await dispatcher.perform(.release(run.attemptID(of: node)), of: run.uid)
    }
    for command in run.outstandingCommands { await dispatcher.perform(command, of: run.uid) }
  }

  func revived(_ stored: StoredRun) throws(EngineError) -> RunState {
    do {
      return try revive(stored)
    } catch {
      throw .unreadableRun(stored.name, "\(error)")
    }
  }
}
