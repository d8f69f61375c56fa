import Synchronization
import WorkflowCore
import WorkflowEngine

/// A clock that moves when told to, or by itself to whatever is waited for.
final class VirtualTime: TimeSource {
  static let start = Timestamp(milliseconds: 1_372_914_000_000)  // 2013-07-04T05:00:00Z

  private struct State {
    var now = VirtualTime.start
    var sleepers: [(until: Timestamp, continuation: CheckedContinuation<Void, Never>)] = []
    var watcher: CheckedContinuation<Timestamp, Never>?
  }

  private let jumps: Bool
  private let state = Mutex(State())

  init(jumps: Bool = true) { self.jumps = jumps }

  var now: Timestamp { state.withLock(\.now) }

  func sleep(until instant: Timestamp) async throws {
    if jumps { return state.withLock { $0.now = max($0.now, instant) } }
    await withCheckedContinuation { continuation in
      let watcher = state.withLock { state -> CheckedContinuation<Timestamp, Never>? in
        guard instant > state.now else {
          continuation.resume()
          return nil
        }
        state.sleepers.append((instant, continuation))
        defer { state.watcher = nil }
        return state.watcher
      }
      watcher?.resume(returning: instant)
    }
    try Task.checkCancellation()
  }

  /// What is waited for first; comes back once something is waited for.
  func nextWake() async -> Timestamp {
    await withCheckedContinuation { continuation in
      let known = state.withLock { state in
        let first = state.sleepers.map(\.until).min()
        if first == nil { state.watcher = continuation }
        return first
      }
      if let known { continuation.resume(returning: known) }
    }
  }

  func advance(to instant: Timestamp) {
    let due = state.withLock { state in
      state.now = max(state.now, instant)
      defer { state.sleepers.removeAll { $0.until <= instant } }
      return state.sleepers.filter { $0.until <= instant }
    }
    due.forEach { $0.continuation.resume() }
  }
}
