import WorkflowCore

/// An executor without a world: it keeps what it promised (one execution an attempt) and lies about everything else it may
/// lie about. It survives the engine's crashes, as supervisors do.
struct SimulatedExecutor {
  struct Execution {
    let attempt: AttemptID
    var outcome: Outcome
    var hasEnded = false
    var isReported = false
  }

  private(set) var executions: [Execution] = []
  /// How often each attempt's body began: the ledger of oracle O1.
  private(set) var begins: [AttemptID: Int] = [:]

  func position(of attempt: AttemptID) -> Int? { executions.firstIndex { $0.attempt == attempt } }

  var running: [Int] { executions.indices.filter { !executions[$0].hasEnded } }
  var unreported: [Int] { executions.indices.filter { executions[$0].hasEnded && !executions[$0].isReported } }

  /// Starts the attempt unless it was started before.
  mutating func ensureLaunched(_ attempt: AttemptID, outcome: Outcome) {
    guard position(of: attempt) == nil else { return }
    begins[attempt, default: 0] += 1
    executions.append(Execution(attempt: attempt, outcome: outcome))
  }

  mutating func terminate(_ attempt: AttemptID) {
    guard let position = position(of: attempt), !executions[position].hasEnded else { return }
    executions[position].outcome = Outcome(.signaled(15))
    executions[position].hasEnded = true
  }

  mutating func end(_ position: Int) { executions[position].hasEnded = true }
  mutating func report(_ position: Int) { executions[position].isReported = true }

  /// Whoever asks is told again.
  mutating func askAgain(_ attempt: AttemptID) {
    if let position = position(of: attempt) { executions[position].isReported = false }
  }

  mutating func release(_ attempt: AttemptID) {
    executions.removeAll { $0.attempt == attempt && $0.hasEnded }
  }
}
