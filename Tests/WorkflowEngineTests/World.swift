import Execution
import Foundation
import OrderedCollections
import StateFile
import Synchronization
import WorkflowCore

/// What lies outside the engine: attempts that were started, and how they end. It goes on when an engine dies.
///
/// It is a second model of what an engine may ask for. A command that no sound engine gives (a launch that is not on
/// disk, a second start, a launch after the outcome was recorded) is kept as a problem.
final class World: Sendable {
  private struct Attempt {
    var outcome: Outcome?
    var isReleased = false
  }

  private struct State {
    var attempts: OrderedDictionary<AttemptID, Attempt> = [:]
    /// Names of nodes in the order their attempts were started, and when.
    var starts: [(node: String, at: Timestamp)] = []
    var problems: [String] = []
    var refusals: [String: [ExecutionError]] = [:]
  }

  let time: VirtualTime
  private let path: String
  private let state = Mutex(State())
  private let answer: @Sendable (Launch) -> Outcome?

  /// - Parameter answer: how an attempt ends, at once; nil leaves it running.
  init(stateFile path: String, time: VirtualTime, answer: @escaping @Sendable (Launch) -> Outcome?) {
    self.path = path
    self.time = time
    self.answer = answer
  }

  var starts: [String] { state.withLock { $0.starts.map(\.node) } }
  var startTimes: [Timestamp] { state.withLock { $0.starts.map(\.at) } }
  var problems: [String] { state.withLock { $0.problems } }
  var running: [AttemptID] { state.withLock { state in state.attempts.filter { $0.value.outcome == nil }.map(\.key) } }

  /// The next launches of a node fail so, one after the other.
  func refuse(_ node: String, _ errors: ExecutionError...) { state.withLock { $0.refusals[node] = errors } }

  fileprivate func launch(_ launch: Launch) throws(ExecutionError) -> [Observation] {
    let onDisk = recorded(launch.attempt)
    let refusal = state.withLock { state in
      if state.refusals[launch.nodeName]?.isEmpty ?? true { return nil as ExecutionError? }
      return state.refusals[launch.nodeName]?.removeFirst()
    }
    if let refusal { throw refusal }
    let now = time.now
    return state.withLock { state in
      if ![.requested, .running, .ending].contains(onDisk) {
        state.problems.append(
          "\(launch.nodeName) is launched while the state file says \(onDisk?.rawValue ?? "nothing")")
      }
      if state.attempts[launch.attempt]?.isReleased ?? false {
        state.problems.append("\(launch.nodeName) is launched after its outcome was recorded")
      }
      if state.attempts[launch.attempt] == nil {
        state.attempts[launch.attempt] = Attempt(outcome: answer(launch))
        state.starts.append((launch.nodeName, now))
      }
      return [.started(launch.attempt)] + ended(launch.attempt, state)
    }
  }

  private func ended(_ attempt: AttemptID, _ state: borrowing State) -> [Observation] {
    state.attempts[attempt]?.outcome.map { [.ended(attempt, $0)] } ?? []
  }

  fileprivate func status(_ attempt: AttemptID) -> AttemptStatus {
    state.withLock { state in
      guard let known = state.attempts[attempt] else { return .unknown }
      return known.outcome.map { .ended($0) } ?? .running
    }
  }

  fileprivate func terminate(_ attempt: AttemptID) -> [Observation] {
    state.withLock { state in
      guard let known = state.attempts[attempt] else {
        state.problems.append("\(attempt.nodeID) is ended and was never launched")
        return []
      }
      if known.outcome == nil { state.attempts[attempt]?.outcome = Outcome(.signaled(15)) }
      return ended(attempt, state)
    }
  }

  fileprivate func release(_ attempt: AttemptID) {
    let onDisk = recorded(attempt)
    state.withLock { state in
      if onDisk != .ended {
        state.problems.append(
          "\(attempt.nodeID) is released while the state file says \(onDisk?.rawValue ?? "nothing")")
      }
      state.attempts[attempt]?.isReleased = true
    }
  }

  fileprivate func forget(_ isMeant: (AttemptID) -> Bool) {
    state.withLock { state in state.attempts.removeAll { isMeant($0.key) } }
  }

  /// Where the attempt stands on disk, as another process sees it.
  private func recorded(_ attempt: AttemptID) -> AttemptState? {
    let stored = try? StateFile(existing: path).run(uid: attempt.run)
    return stored?.nodes.first { $0.index == attempt.node }?.attempt
  }
}

/// One engine's access to the world. Cut off, it does nothing and hears nothing, as if the engine's process were gone.
final class WorldExecutor: AttemptExecutor {
  let observations: AsyncStream<Observation>
  private let continuation: AsyncStream<Observation>.Continuation
  private let world: World
  private let calls = Mutex((made: 0, isCut: false))
  private let onCall: @Sendable (Int) -> Void

  /// - Parameter onCall: told the number of each call once it has been carried out.
  init(_ world: World, onCall: @escaping @Sendable (Int) -> Void = { _ in }) {
    self.world = world
    self.onCall = onCall
    (observations, continuation) = AsyncStream.makeStream()
  }

  func cut() {
    calls.withLock { $0.isCut = true }
    continuation.finish()
  }

  /// Reports something that the engine did not ask for.
  func report(_ observation: Observation) { continuation.yield(observation) }

  private func perform(_ call: () throws(ExecutionError) -> [Observation]) throws(ExecutionError) {
    guard !calls.withLock(\.isCut) else { return }
    let news = try call()
    onCall(
      calls.withLock { calls in
        calls.made += 1
        return calls.made
      })
    news.forEach { continuation.yield($0) }
  }

  func ensureLaunched(_ launch: Launch) throws(ExecutionError) {
    try perform { () throws(ExecutionError) in try world.launch(launch) }
  }

  func terminate(_ attempt: AttemptID) throws(ExecutionError) { try perform { world.terminate(attempt) } }

  func release(_ attempt: AttemptID) throws(ExecutionError) {
    try perform {
      world.release(attempt)
      return []
    }
  }

  func inspect(_ attempt: AttemptID) -> AttemptStatus { world.status(attempt) }
  func setAside(_ attempt: AttemptID) throws(ExecutionError) {
    try perform {
      world.forget { $0 == attempt }
      return []
    }
  }

  func removeAll(ofRun uid: String) throws(ExecutionError) {
    try perform {
      world.forget { $0.run == uid }
      return []
    }
  }
}
