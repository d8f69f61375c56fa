import WorkflowCore

extension Event {
  /// The event for the journal; nil for progress, which would drown the rest.
  var journalValue: Value? {
    switch self {
    case .begun: .record(["type": "begun"])
    case .attemptStarted(let attempt): .record(["type": "attemptStarted", "node": .string(attempt.nodeID)])
    case .attemptEnded(let attempt, let outcome):
      .record([
        "type": "attemptEnded", "node": .string(attempt.nodeID), "ending": .string("\(outcome.ending)"),
      ])
    case .attemptProgressed: nil
    case .attemptDelayed(let attempt, let reason):
      .record(["type": "attemptDelayed", "node": .string(attempt.nodeID), "reason": .string(reason)])
    case .retryDue(let node): .record(["type": "retryDue", "node": .int(Int64(node.value))])
    case .shutdownRequested(let strategy):
      .record(["type": "shutdownRequested", "strategy": .string(strategy.rawValue)])
    case .suspendRequested: .record(["type": "suspendRequested"])
    case .resumeRequested(let selector):
      .record(["type": "resumeRequested", "selector": selector.map { .string($0.source) }])
    case .nodeSet(let selector, let change):
      .record([
        "type": "nodeSet", "selector": .string(selector.source), "phase": change.phase.map { .string($0.rawValue) },
        "message": change.message.map(Value.string),
        "outputs": change.outputs.isEmpty ? nil : .array(change.outputs.map { .string($0.name) }),
      ])
    }
  }
}
