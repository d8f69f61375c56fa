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
