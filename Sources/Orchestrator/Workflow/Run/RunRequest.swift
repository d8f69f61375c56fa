/// What an operator asks of a run, whoever drives it. Asking twice for the same is asking once.
public enum RunRequest: Hashable, Sendable {
  case shutDown(ShutdownStrategy)
  /// Begin nothing new; what runs goes on.
  case suspend
  /// Go on: the run, and its suspended nodes. With a selector only the nodes that it picks.
  case resume(NodeSelector?)
  /// Set what suspended nodes give, or end as.
  case setNodes(NodeSelector, NodeChange)
  /// Run again what failed.
  case retry(ManualRetry)
  /// Forget the run, its attempts and their files. Only of a run that has ended.
  case delete
}

extension RunRequest {
  /// As it is kept in the state file.
  public var value: Value {
    switch self {
    case .shutDown(let strategy): .record(["type": "shutDown", "strategy": .string(strategy.rawValue)])
    case .suspend: .record(["type": "suspend"])
    case .resume(let selector): .record(["type": "resume", "selector": selector.map { .string($0.source) }])
    case .setNodes(let selector, let change): change.value(for: selector)
    case .retry(let retry): retry.value
    case .delete: .record(["type": "delete"])
    }
  }

  /// Nil for a request that this version does not know.
  public init?(_ value: Value) {
    switch value["type"]?.stringValue {
    case "shutDown":
      guard let strategy = value["strategy"]?.stringValue.flatMap(ShutdownStrategy.init) else { return nil }
      self = .shutDown(strategy)
    case "suspend": self = .suspend
    case "resume":
      guard let text = value["selector"]?.stringValue else {
        self = .resume(nil)
        return
      }
      guard let selector = try? NodeSelector(parsing: text) else { return nil }
      self = .resume(selector)
    case "setNodes":
      guard let text = value["selector"]?.stringValue, let selector = try? NodeSelector(parsing: text) else {
        return nil
      }
      self = .setNodes(selector, NodeChange(value))
    case "retry": self = .retry(ManualRetry(value))
    case "delete": self = .delete
    default: return nil
    }
  }
}
