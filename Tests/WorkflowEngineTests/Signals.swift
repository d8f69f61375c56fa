import Synchronization

/// Something that happens once and can be waited for.
final class Signal: Sendable {
  private let state = Mutex((hasFired: false, waiters: [CheckedContinuation<Void, Never>]()))

  func fire() {
    let waiters = state.withLock { state in
      state.hasFired = true
      defer { state.waiters = [] }
      return state.waiters
    }
    waiters.forEach { $0.resume() }
  }

  func fired() async {
    await withCheckedContinuation { continuation in
      let hasFired = state.withLock { state in
        if !state.hasFired { state.waiters.append(continuation) }
        return state.hasFired
      }
      if hasFired { continuation.resume() }
    }
  }
}
