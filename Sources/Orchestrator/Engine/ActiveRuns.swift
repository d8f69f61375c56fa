import StateFile
import WorkflowCore

/// What the events of one turn led to, by run.
struct TurnChanges {
  private(set) var changed: [(run: String, nodes: [NodeIndex])] = []
  private(set) var commands: [(run: String, command: Command)] = []
  private(set) var changedRuns: [String] = []

  /// A run that was written anew: all of it changed.
  mutating func add(_ run: RunState, commands: [Command]) {
    self.commands += commands.map { (run.uid, $0) }
    changed.append((run.uid, run.nodes.map(\.index)))
  }

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
struct ActiveRuns {
  private var runs: [String: RunState] = [:]
  private var leftOut: Set<String> = []

  func isDone(_ goal: EngineGoal) -> Bool {
    switch goal {
    case .settled(let uid), .settledAlone(let uid): runs[uid] == nil
    case .idle: runs.isEmpty
    case .never: false
    }
  }

  /// The UIDs of the runs that have been looked at.
  var known: Set<String> { leftOut.union(runs.keys) }

  mutating func leaveOut(_ uid: String) { leftOut.insert(uid) }

  subscript(uid: String) -> RunState? { runs[uid] }

  mutating func remove(_ uid: String) { runs[uid] = nil }

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
