extension RunState {
  /// A new run of the same workflow that takes over what succeeded in this one: those nodes are skipped, with their outputs
  /// (Argo's `resubmit --memoized`).
  /// - Throws: `RetryRefusal` unless this run failed.
  public func resubmitted(
    as workflow: Workflow, uid: String, name: String, parameters: [ParameterValue], at now: Timestamp
  ) throws(RetryRefusal) -> RunState {
    guard isSettled, phase == .failed || phase == .error else {
      throw RetryRefusal(
        "only a run that failed can be resubmitted with what it remembers; this one is \(phase.rawValue)")
    }
    var run = RunState(
      uid: uid, name: name, namespace: namespace, workflow: workflow, parameters: parameters, createdAt: now,
      directory: directory)
    let nodes = RetryPlan(ManualRetry(), of: self).keptNodes(at: now).map { remembered($0, in: run) }
    run.restore(
      RunRecord(
        phase: .running, message: nil, startedAt: now, finishedAt: nil, shutdown: nil, globalOutputs: globalOutputs,
        globalArtifacts: globalArtifacts),
      nodes: nodes)
    // What this asks for is owed: the engine that takes the run over works it out from the nodes.
    _ = run.goOn(at: now)
    return run
  }

  private func remembered(_ node: Node, in run: RunState) -> Node {
    let name = run.name + node.name.dropFirst(self.name.count)
    var copy = Node(
      index: node.index, id: run.nodeID(name), name: name,
      displayName: node.displayName == self.name ? run.name : node.displayName, type: node.type,
      templateName: node.templateName, owner: node.owner, boundary: node.boundary, member: node.member, item: node.item,
      isHook: node.isHook, phase: node.phase, startedAt: node.startedAt, inputs: node.inputs,
      inputArtifacts: node.inputArtifacts)
    copy.message = node.message
    copy.finishedAt = node.finishedAt
    copy.outputs = node.outputs
    copy.progress = node.progress
    copy.attempt = node.attempt
    if node.type.isLeaf, node.phase == .succeeded {
      copy.phase = .skipped
      copy.message = "original pod: \(node.id)"
    }
    return copy
  }
}
