import Foundation
import StateFile
import WorkflowCore
import WorkflowEngine

/// Follows one run in the state file while some other process drives it.
struct Follower {
  enum End {
    case settled
    /// Nobody drives the file any more; it is ours now.
    case acquired(EngineLock)
    /// Ctrl-C.
    case left
  }

  private enum News: Sendable {
    case commit
    case acquired(EngineLock)
    case left
  }

  /// Commits that come faster than this are looked at together, so that following costs little.
  private static let pause = Duration.milliseconds(50)

  private let run: RunState
  private let stateFile: StateFile
  private let display: (any RunDisplay)?
  private let commits: FileChanges

  init(_ run: RunState, _ stateFile: StateFile, _ display: (any RunDisplay)?) throws(StateError) {
    self.run = run
    self.stateFile = stateFile
    self.display = display
    commits = try stateFile.commits()
  }

  /// Shows every change until the run is settled, or `isDone` says so.
  /// - Parameter takingOver: also wait for the engine's lock.
  func follow(takingOver: Bool, until isDone: (() throws -> Bool)? = nil) async throws -> End {
    let (news, continuation) = AsyncStream<News>.makeStream()
    let listening = Task {
      for await _ in commits.news {
        continuation.yield(.commit)
        try await Task.sleep(for: Self.pause)
      }
    }
    defer { listening.cancel() }
    onInterrupt { continuation.yield(.left) }
    if takingOver {
      Task { continuation.yield(.acquired(try await EngineLock.acquire(stateFile.lockPath))) }
    }
    continuation.yield(.commit)
    var current = run
    var isFirst = true
    for await item in news {
      switch item {
      case .commit:
        if try isDone.map({ try $0() }) ?? look(&current, isFirst) { return .settled }
        isFirst = false
      case .acquired(let lock): return .acquired(lock)
      case .left: return .left
      }
    }
    return .left
  }

  /// Reads the run again and shows what is different. Returns whether it is settled, or gone.
  private func look(_ current: inout RunState, _ isFirst: Bool) throws -> Bool {
    guard let stored = try stateFile.run(uid: run.uid) else { return true }
    let before = current.nodes
    let phase = current.phase
    current.restore(stored.record, nodes: stored.nodes)
    let changed = current.nodes.filter { node in
      let position = Int(node.index.value)
      return isFirst || position >= before.count || before[position] != node
    }
    if isFirst || !changed.isEmpty || phase != current.phase {
      display?.turnCommitted(current, changed: changed.map(\.index))
    }
    return current.isSettled
  }
}
