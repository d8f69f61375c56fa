import Synchronization
import WorkflowCore

/// An event and the run it is about.
struct Inbound: Sendable {
  let run: String
  let event: Event
}

/// Where everything that happens waits for the engine's next turn. Any thread may post; one engine reads.
final class Inbox: Sendable {
  /// What one turn is about.
  struct Turn {
    var events: [Inbound] = []
    /// Someone wrote a new run or a request to the state file.
    var isCalled = false
  }

  private struct State {
    var events: [Inbound] = []
    var isCalled = false
    var waiter: CheckedContinuation<Void, Never>?
    var isClosed = false
  }

  private let state = Mutex(State())

  func post(_ run: String, _ event: Event) {
    let waiter = state.withLock { state in
      state.events.append(Inbound(run: run, event: event))
      return take(&state.waiter)
    }
    waiter?.resume()
  }

  /// Makes the engine look into the state file in its next turn.
  func call() {
    let waiter = state.withLock { state in
      state.isCalled = true
      return take(&state.waiter)
    }
    waiter?.resume()
  }

  /// Ends the engine's wait; what has been posted is still handed out.
  func close() {
    let waiter = state.withLock { state in
      state.isClosed = true
      return take(&state.waiter)
    }
    waiter?.resume()
  }

  /// Up to `limit` events and calls, as soon as there is one; nil once the inbox is closed and empty.
  func nextTurn(limit: Int) async -> Turn? {
    await withCheckedContinuation { continuation in
      let isReady = state.withLock { state in
        guard state.events.isEmpty, !state.isCalled, !state.isClosed else { return true }
        state.waiter = continuation
        return false
      }
      if isReady { continuation.resume() }
    }
    return state.withLock { state in
      guard !state.events.isEmpty || state.isCalled else { return nil }
      let turn = Turn(events: Array(state.events.prefix(limit)), isCalled: state.isCalled)
      state.events.removeFirst(turn.events.count)
      state.isCalled = false
      return turn
    }
  }
}

private func take<Wrapped>(_ optional: inout Wrapped?) -> Wrapped? {
  defer { optional = nil }
  return optional
}
