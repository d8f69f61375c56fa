import Execution
import StateFile
import WorkflowCore

/// Sees each turn after it is committed: the live display, metrics. It must not keep the run.
public protocol TurnObserver: Sendable {
  func turnCommitted(_ run: borrowing RunState, changed: [NodeIndex])
}

/// Drives every unfinished run of a state file. A turn is: gather events, decide, commit, act.
///
/// Nothing here knows what a workflow means; that is `RunState.apply`. Nothing here touches a process or a pod; that is
/// `AttemptExecutor`.
public struct Engine: Sendable {
  private static let eventsPerTurn = 256

  private let state: StateFile
  private let epoch: Epoch
  private let time: any TimeSource
  private let inbox = Inbox()
  private let dispatcher: Dispatcher
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
    dispatcher = Dispatcher(executor, inbox, time)
  }

  /// Drives until `uid` is settled, or, without one, until every run is.
  ///
  /// - Throws: `StateError` when a commit fails. Memory is ahead of the disk then, so the engine leaves; the steps go on
  ///   under their supervisors, and the next engine recovers.
  public func run(until uid: String? = nil) async throws {
    let listening = Task { await dispatcher.listen() }
    defer { listening.cancel() }
    var runs = try await recover()
    while !runs.isDone(uid), let events = await inbox.nextTurn(limit: Self.eventsPerTurn) {
      try await takeTurn(events, &runs)
    }
    await dispatcher.stop()
  }

  /// Asks a run to end; it is carried out in the engine's next turn.
  public func requestShutdown(_ strategy: ShutdownStrategy, of uid: String) {
    inbox.post(uid, .shutdownRequested(strategy))
  }

  /// Makes `run` return after the turn at hand. Steps go on under their supervisors.
  public func leave() { inbox.close() }

  private func takeTurn(_ events: [Inbound], _ runs: inout ActiveRuns) async throws {
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
    runs.record(turn, in: &batch)
    // Nothing happens in the world before it is on disk. A crash above this line forgets the turn; a crash below it
    // repeats commands, and every command is idempotent by attempt.
    if !batch.isEmpty { try state.commit(batch) }
    for (run, changed) in turn.changed { runs.with(run) { observer.turnCommitted($0, changed: changed) } }
    runs.removeSettled(turn.changed.map(\.run))
    for (run, command) in turn.commands { await dispatcher.perform(command, of: run) }
  }

  /// Repeats what is owed. Executors answer for what has happened meanwhile.
  private func recover() async throws -> ActiveRuns {
    var runs = ActiveRuns()
    for stored in try state.unfinishedRuns() {
      let run = try revived(stored)
      observer.turnCommitted(run, changed: run.nodes.map(\.index))
      runs.add(run)
      if run.phase == .pending { inbox.post(run.uid, .begun) }
      for command in run.outstandingCommands { await dispatcher.perform(command, of: run.uid) }
    }
    return runs
  }

  private func revived(_ stored: StoredRun) throws(EngineError) -> RunState {
    do {
      return try revive(stored)
    } catch {
      throw .unreadableRun(stored.name, "\(error)")
    }
  }
}

/// What the events of one turn led to, by run.
private struct TurnChanges {
  private(set) var changed: [(run: String, nodes: [NodeIndex])] = []
  private(set) var commands: [(run: String, command: Command)] = []
  private(set) var changedRuns: [String] = []

  mutating func add(_ transition: Transition, of run: String) {
    commands += transition.commands.map { (run, $0) }
    if transition.runChanged, !changedRuns.contains(run) { changedRuns.append(run) }
    guard transition.runChanged || !transition.changedNodes.isEmpty else { return }
    if let position = changed.firstIndex(where: { $0.run == run }) {
      changed[position].nodes += transition.changedNodes
    } else {
      changed.append((run, transition.changedNodes))
    }
  }
}

/// The runs an engine has in memory.
private struct ActiveRuns {
  private var runs: [String: RunState] = [:]

  func isDone(_ uid: String?) -> Bool { uid.map { runs[$0] == nil } ?? runs.isEmpty }

  mutating func add(_ run: RunState) { runs[run.uid] = run }

  mutating func apply(_ inbound: Inbound, at now: Timestamp) -> Transition? {
    runs[inbound.run]?.apply(inbound.event, at: now)
  }

  func with(_ uid: String, _ body: (borrowing RunState) -> Void) {
    if let run = runs[uid] { body(run) }
  }

  func record(_ turn: TurnChanges, in batch: inout Batch) {
    for uid in turn.changedRuns {
      if let run = runs[uid] { batch.runs.append((uid, run.record)) }
    }
    for (uid, indexes) in turn.changed {
      guard let run = runs[uid] else { continue }
      for index in Set(indexes).sorted() { batch.nodes.append((uid, run[index])) }
    }
  }

  mutating func removeSettled(_ uids: [String]) {
    for uid in uids where runs[uid]?.isSettled ?? false { runs[uid] = nil }
  }
}
