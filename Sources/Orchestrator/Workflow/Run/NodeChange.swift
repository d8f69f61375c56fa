/// What someone sets on a suspended node (Argo: `node set`).
public struct NodeChange: Hashable, Sendable {
  /// Ends the node when it is given: `succeeded`, `failed`, `error` or `skipped`.
  public var phase: NodePhase?
  public var message: String?
  /// Values of outputs that the template leaves to be supplied.
  public var outputs: [ParameterValue]

  public init(phase: NodePhase? = nil, message: String? = nil, outputs: [ParameterValue] = []) {
    self.phase = phase
    self.message = message
    self.outputs = outputs
  }
}

extension NodeChange {
  /// As it is kept in the state file.
  func value(for selector: NodeSelector) -> Value {
    .record([
      "type": "setNodes", "selector": .string(selector.source), "phase": phase.map { .string($0.rawValue) },
      "message": message.map(Value.string), "outputs": outputs.isEmpty ? nil : parameterList(outputs),
    ])
  }

  init(_ value: Value) {
    phase = value["phase"]?.stringValue.flatMap(NodePhase.init)
    message = value["message"]?.stringValue
    outputs = (value["outputs"]?.arrayValue ?? []).compactMap { entry in
      guard let name = entry["name"]?.stringValue, let value = entry["value"]?.stringValue else { return nil }
      return ParameterValue(name: name, value: value)
    }
  }
}
